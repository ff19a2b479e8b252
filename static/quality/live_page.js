// Keeps a page's figures true: follows streams and, when something happened, fetches the same page and swaps its regions.
import { connectLive } from '../shared/live.js';

const holder = document.querySelector('[data-live]');
const badge = document.querySelector('[data-live-badge]');
// A row answers within the second; a project with fifty people would otherwise be read fifty times a minute.
const pause = Number(holder?.dataset.pause || 2000);
const RESTING_MS = 30000;
let isBusy = false;
let isWanted = false;
let last = 0;
let timer = null;

const two = (number) => String(number).padStart(2, '0');
const clock = (moment = new Date()) => `${two(moment.getHours())}:${two(moment.getMinutes())}`;

function say(state, words) {
  if (!badge) return;
  badge.dataset.state = state;
  if (badge.textContent !== words) badge.textContent = words;
}

/** A person who types or has a menu open in a region keeps it as it is. */
function isInUse(region) {
  const active = document.activeElement;
  const types = active && region.contains(active) && active.matches('input, textarea, select');
  return types || Boolean(region.querySelector('details[data-form][open], details[data-menu][open]'));
}

function figures(region) {
  return new Map([...region.querySelectorAll('[data-figure]')].map((node) => [node.dataset.figure, node]));
}

function swap(region, fresh) {
  if (region.innerHTML === fresh.innerHTML || isInUse(region)) return;
  const before = new Map([...figures(region)].map(([name, node]) => [name, node.textContent]));
  const open = [...region.querySelectorAll('details[open]')].map((node) => [...region.querySelectorAll('details')].indexOf(node));
  const focused = region.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  region.replaceChildren(...document.importNode(fresh, true).childNodes);
  const details = region.querySelectorAll('details');
  for (const index of open) if (details[index]) details[index].open = true;
  if (focused) region.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  for (const [name, node] of figures(region)) {
    if (before.has(name) && before.get(name) !== node.textContent) node.classList.add('cl-changed');
  }
}

async function refresh() {
  isBusy = true;
  isWanted = false;
  last = Date.now();
  try {
    const response = await fetch(location.href, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const region of document.querySelectorAll('[data-region]')) {
      const fresh = page.querySelector(`[data-region="${CSS.escape(region.dataset.region)}"]`);
      if (fresh) swap(region, fresh);
    }
    if (badge?.dataset.state === 'live') say('live', `Live · ${clock()}`);
  } catch {
    // The line is down; the socket says so in the badge, and its return brings the next look.
  } finally {
    isBusy = false;
    if (isWanted) ask();
  }
}

function ask() {
  isWanted = true;
  if (isBusy || timer) return;
  timer = setTimeout(() => { timer = null; refresh(); }, Math.max(60, last + pause - Date.now()));
}

if (holder) {
  const live = connectLive({
    address: holder.dataset.socket,
    onEvent: ask,
    onReset: ask,
    onState: (state, since) => {
      if (state === 'live') { say('live', `Live · ${clock()}`); ask(); } else say('off', `Not live since ${clock(since)}`);
    },
    onEnd: () => say('off', `Not live since ${clock()}`),
  });
  for (const stream of holder.dataset.streams.split(' ')) live.follow(stream);
  // Who works now changes without an event: presence is a matter of time.
  if (holder.hasAttribute('data-presence')) {
    setInterval(() => { if (!document.hidden) ask(); }, RESTING_MS);
  }
}
