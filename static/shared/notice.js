// One toast at a time and one live region. A toast is never the only place of a message that matters.
import { el, icon } from './dom.js';

const SHOWN_MS = 6000;
const SIGNS = { ok: 'check', warn: 'warn', bad: 'cross', plain: 'info' };
let timer = null;

const region = () => document.querySelector('[data-toasts]');

export function hideToast() {
  clearTimeout(timer);
  region()?.replaceChildren();
}

/** Shows one sentence; `action` is {label, run}. Errors stay until closed, the rest goes after six seconds. */
export function toast(kind, sentence, action = null) {
  hideToast();
  const isError = kind === 'bad';
  const act = action && el('button', { type: 'button', class: 'cl-button cl-button--small', 'data-toast-action': true,
    on: { click: () => { hideToast(); action.run(); } } }, action.label);
  const close = el('button', { type: 'button', class: 'cl-button cl-button--quiet cl-button--icon cl-button--small', 'aria-label': 'Close',
    on: { click: hideToast } }, icon('cross'));
  region()?.append(el('div', { class: `cl-toast cl-toast--${kind}`, 'data-toast': kind, role: isError ? 'alert' : 'status' },
    icon(SIGNS[kind] || 'info'), el('p', {}, sentence), act, close));
  if (!isError) timer = setTimeout(hideToast, SHOWN_MS);
}

/** Says a change of state to screen readers, politely and once. */
export function announce(sentence) {
  const live = document.querySelector('[data-live-region]');
  if (live && live.textContent !== sentence) live.textContent = sentence;
}
