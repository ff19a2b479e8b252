// Keeps a page's figures true: follows streams and, when something happened, fetches the same page and swaps its regions.
// What could not be fetched is asked for again until it comes, and the badge says meanwhile of when the figures are.
import { connectLive } from './live.js';

const holder = document.querySelector('[data-live]');
const badge = document.querySelector('[data-live-badge]');
// A row answers within the second; a project with fifty people would otherwise be read fifty times a minute.
const pause = Number(holder?.dataset.pause || 2000);
const RESTING_MS = 30000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;
let isConnected = false;
let isBusy = false;
let isWanted = false;
let failures = 0;
let notBefore = 0;
let timer = null;
let isDirty = false;
let hasEnded = false;
let figuresOf = new Date();
let offSince = new Date();

const two = (number) => String(number).padStart(2, '0');
const clock = (moment = new Date()) => `${two(moment.getHours())}:${two(moment.getMinutes())}`;

/** One place says what the badge shows: late figures are never called live. */
function say() {
  if (!badge) return;
  let state = 'live';
  let words = `Live · ${clock(figuresOf)}`;
  if (!isConnected) [state, words] = ['off', `Not live since ${clock(offSince)}`];
  else if (failures || isDirty) [state, words] = ['behind', `Figures of ${clock(figuresOf)}`];
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

/** What a region says. Token and key of a form are others on every page; which details are open is the reader's. */
function contentOf(region) {
  const copy = region.cloneNode(true);
  for (const token of copy.querySelectorAll('input[type="hidden"]:is([name="csrfmiddlewaretoken"], [name="key"])')) token.remove();
  for (const details of copy.querySelectorAll('details')) details.removeAttribute('open');
  for (const node of copy.querySelectorAll('.cl-changed')) node.classList.remove('cl-changed');
  for (const node of copy.querySelectorAll('[class=""]')) node.removeAttribute('class');
  return copy.innerHTML;
}

/** How to find the element again that has the focus: by id, name or address, and its place among those alike. */
function markOf(element) {
  const name = element.getAttribute('name');
  const href = element.getAttribute('href');
  const tag = element.localName;
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (name) return `${tag}[name="${CSS.escape(name)}"]`;
  return href ? `${tag}[href="${CSS.escape(href)}"]` : tag;
}

function keepFocus(region) {
  const active = document.activeElement;
  if (!active || active === region || !region.contains(active)) return () => {};
  const mark = markOf(active);
  const place = [...region.querySelectorAll(mark)].indexOf(active);
  return () => {
    const again = [...region.querySelectorAll(mark)];
    (again[place] || again[0])?.focus({ preventScroll: true });
  };
}

/** True when the region shows what the server has now. */
function swap(region, fresh) {
  if (contentOf(region) === contentOf(fresh)) return true;
  if (isInUse(region)) return false;
  const before = new Map([...figures(region)].map(([name, node]) => [name, node.textContent]));
  const open = [...region.querySelectorAll('details[open]')].map((node) => [...region.querySelectorAll('details')].indexOf(node));
  const giveFocusBack = keepFocus(region);
  // How a region is laid out may hang on what is in it.
  region.className = fresh.className;
  region.replaceChildren(...document.importNode(fresh, true).childNodes);
  const details = region.querySelectorAll('details');
  for (const index of open) if (details[index]) details[index].open = true;
  giveFocusBack();
  for (const [name, node] of figures(region)) {
    if (before.has(name) && before.get(name) !== node.textContent) node.classList.add('cl-changed');
  }
  return true;
}

async function load() {
  const options = { credentials: 'same-origin', headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(20000) };
  const response = await fetch(location.href, options);
  if (!response.ok || response.redirected) throw new Error(`The page answered ${response.status}.`);
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

async function refresh() {
  isBusy = true;
  isWanted = false;
  const asked = new Date();
  notBefore = Date.now() + pause;
  try {
    const page = await load();
    let isWhole = true;
    for (const region of document.querySelectorAll('[data-region]')) {
      const fresh = page.querySelector(`[data-region="${CSS.escape(region.dataset.region)}"]`);
      if (fresh && !swap(region, fresh)) isWhole = false;
    }
    failures = 0;
    isDirty = !isWhole;
    if (isWhole) figuresOf = asked;
  } catch {
    // Spread out, so that a restarted server is not met by all pages at once.
    const wait = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
    failures += 1;
    isWanted = true;
    notBefore = Date.now() + wait;
  } finally {
    isBusy = false;
    say();
    if (isWanted) ask();
  }
}

function ask() {
  isWanted = true;
  if (isBusy || timer || hasEnded) return;
  timer = setTimeout(() => { timer = null; refresh(); }, Math.max(60, notBefore - Date.now()));
}

/** A region that was left alone is looked at again as soon as nobody uses it; an opening menu is not that. */
function askWhenFree(event) {
  if (isDirty && !event.target.open) ask();
}

if (holder) {
  const live = connectLive({
    address: holder.dataset.socket,
    onEvent: ask,
    onReset: ask,
    onState: (state, since) => {
      isConnected = state === 'live';
      // Whatever came between the page and its socket is not seen yet.
      if (isConnected) ask(); else offSince = since;
      say();
    },
    onRefused: () => { isConnected = false; offSince = new Date(); say(); },
    onEnd: () => { isConnected = false; hasEnded = true; say(); },
  });
  for (const stream of holder.dataset.streams.split(' ').filter(Boolean)) live.follow(stream);
  document.addEventListener('focusout', askWhenFree);
  document.addEventListener('toggle', askWhenFree, true);
  // Who works now changes without an event: presence is a matter of time.
  if (holder.hasAttribute('data-presence')) {
    setInterval(() => { if (!document.hidden) ask(); }, RESTING_MS);
  }
}
