// The bell in every header: how many notices are unread, true while the page is open. It joins the page's own socket.
import { connectLive, connectionOfPage } from './live.js';
import { readJson } from './http.js';

const bell = document.querySelector('[data-bell]');
const count = bell?.querySelector('[data-bell-count]');
// Several at once, such as everybody's at new guidelines, are one question.
const PAUSE_MS = 250;
let timer = null;

function show(unread) {
  const words = unread > 99 ? '99+' : String(unread);
  count.hidden = unread === 0;
  if (count.textContent !== words) count.textContent = words;
  bell.setAttribute('aria-label', unread ? `Notices, ${words} unread` : 'Notices');
}

async function ask() {
  timer = null;
  try {
    show((await readJson(bell.dataset.unread)).count);
  } catch {
    // The number on the page stays; the next message asks again.
  }
}

function hear(message) {
  // What is said before the page follows was counted by the server, or comes with the first answer.
  const isAboutNotices = !message.stream || ['notice', 'notices_read'].includes(message.kind);
  if (isAboutNotices && !timer) timer = setTimeout(ask, PAUSE_MS);
}

// By then every script of the page has run, and the page's own connection is there if it has one.
if (bell) {
  document.addEventListener('DOMContentLoaded', () => {
    const live = connectionOfPage() || connectLive({ address: bell.dataset.socket, onEvent: () => {} });
    live.hear(bell.dataset.stream, hear);
  });
}
