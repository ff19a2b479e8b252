// The grid of a reviewer: many labels side by side, marked by key or button and sent in one request.
// Nothing is decided before it is sent. The server decides about each by itself and says of each what became of it.
import { createActivity } from '../labeling/editor/activity.js';
import { askForReason } from '../labeling/editor/reason_dialog.js';
import { el, icon, keyCap, setText } from '../shared/dom.js';
import { post } from '../shared/http.js';
import { announce, toast } from '../shared/notice.js';
import { shortClock } from '../shared/time.js';

const HEARTBEAT_MS = 15000;
const LOOK_AGAIN_MS = 30000;
const RETRY_MS = 4000;
const MARKS = { approve: ['ok', 'check', 'Approve'], fix: ['accent', 'refresh', 'Change'], reject: ['warn', 'arrow-left', 'Send back'], gone: ['', 'info', ''] };
const page = JSON.parse(document.getElementById('grid-page').textContent);
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const activity = createActivity(() => {});

// slot → {card, mark, said, node}; a mark is {decision, …}, and `said` what the server answered.
const held = new Map();
let questions = [];
let current = null;
let isSending = false;
let isLeaving = false;
// The slot that heartbeats name: the same one until it is decided, so that no time falls between two.
let timed = null;
let lookAgain = null;

const uid = () => crypto.randomUUID?.() || `${Date.now()}-${Math.random().toString(36).slice(2)}`;
const open = () => [...held.values()].filter((one) => !one.said);
const marked = () => open().filter((one) => one.mark);
const unmarked = () => open().filter((one) => !one.mark);

function trouble(sentence, action = null) {
  const place = part('trouble');
  place.hidden = !sentence;
  place.replaceChildren(...(sentence ? [icon('warn'), el('p', {}, sentence)] : []), ...(action ? [el('button', { type: 'button', class: 'cl-button cl-button--small', on: { click: action.run } }, action.label)] : []));
}

// --- Marks --------------------------------------------------------------------------------------------------------
function put(one, mark) {
  if (one.said || isSending) return;
  one.mark = mark;
  draw(one);
  drawBar();
  announce(mark ? `${one.card.row.external_id}: ${wordsOf(one)}` : `${one.card.row.external_id}: no mark`);
}

function wordsOf(one) {
  if (one.said) return one.said;
  if (one.mark.decision === 'fix') return `Change to ${one.mark.words}`;
  if (one.mark.decision === 'reject') return `Send back: ${one.mark.labels.join(', ')}`;
  return 'Approve';
}

async function sendBack(one) {
  const kept = one.mark?.decision === 'reject' ? one.mark : null;
  const answer = await askForReason(part('reason-dialog'), { title: 'Send back', act: 'Send back', reasons: page.reject_reasons, rules: page.rules, isMany: true, kept,
    sentence: `${one.card.label.maker.name} gets the row back first, with your reasons, once you send.` });
  if (answer) put(one, { decision: 'reject', ...answer });
}

/** The questions of this label whose answer can be changed here: one choice, and nothing asked below it. */
function changeable(card) {
  return questions.filter((question) => card.label.payload.features.every((entry) => entry.feature !== question.feature || !entry.nested?.length));
}

/** Only a finite choice: a question that was not answered yet can be answered too. */
function mendedPayload(payload, feature, value) {
  const mended = structuredClone(payload);
  const entry = mended.features.find((other) => other.feature === feature);
  if (entry) entry.value = value;
  else mended.features.push({ feature, kind: 'radio', id: uid(), value, nested: [] });
  return mended;
}

function changeAnswer(one) {
  const choices = changeable(one.card);
  if (!choices.length) return toast('plain', 'These answers are changed in the editor: Enter opens it.');
  const dialog = part('answer-dialog');
  const now = (question) => one.card.answers.find((answer) => answer.feature === question.feature && answer.depth === 0)?.value;
  const form = el('form', { method: 'dialog' }, el('h2', { id: 'answer-title' }, 'Change the answer'),
    el('p', {}, `${one.card.row.external_id} is approved with your answer, which stands in a version of your own.`),
    choices.map((question) => el('fieldset', { class: 'cl-fieldset' }, el('legend', {}, question.name), question.options.map((option) => el('label', { class: 'cl-choice' },
      el('input', { type: 'radio', name: question.feature, value: option.value, checked: option.value === now(question) }), el('span', {}, option.label))))),
    el('div', { class: 'cl-actions' }, el('button', { type: 'button', class: 'cl-button', on: { click: () => dialog.close() } }, 'Cancel', keyCap('Esc')),
      el('button', { type: 'submit', class: 'cl-button cl-button--main' }, 'Change', keyCap('Enter'))));
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target.type !== 'radio') return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', () => {
    const entries = new FormData(form);
    const changed = choices.filter((question) => entries.get(question.feature) && entries.get(question.feature) !== now(question));
    if (!changed.length) return;
    const payload = changed.reduce((found, question) => mendedPayload(found, question.feature, entries.get(question.feature)), one.card.label.payload);
    const words = changed.map((question) => question.options.find((option) => option.value === entries.get(question.feature)).label).join(', ');
    put(one, { decision: 'fix', payload, words });
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  return form.querySelector('input:checked')?.focus();
}

// --- Sending ------------------------------------------------------------------------------------------------------
function itemOf(one) {
  const { mark, card } = one;
  // One key for one decision: sent again after a lost answer, it is the same.
  mark.key ||= uid();
  return {
    slot: card.slot, lease_token: card.lease_token, version: card.label.version, decision: mark.decision, key: mark.key,
    ...(mark.payload && { payload: mark.payload }),
    ...(mark.codes && { reasons: mark.codes.map((code) => ({ code, text: mark.text, rule: mark.rule })) }),
  };
}

function settle(one, result) {
  if (result.status < 300) {
    one.said = { approve: 'Approved', fix: 'Fixed and approved', reject: 'Sent back' }[result.decision.decision];
    one.done = result.decision.decision;
  } else if (result.status === 422) {
    // Nothing was done and the lease is still ours: the mark comes off, and why stands beside it.
    one.mark = null;
    one.fault = result.refusal.message;
  } else {
    one.said = result.refusal.message;
    one.done = 'gone';
  }
  draw(one);
}

async function send() {
  const items = marked();
  if (!items.length || isSending) return;
  isSending = true;
  drawBar();
  try {
    const answer = await post(page.urls.decide, { items: items.map(itemOf), timed: timed?.card.slot ?? null });
    for (const result of answer.results) settle(held.get(result.slot), result);
    const done = answer.results.filter((result) => result.status < 300).length;
    const others = answer.results.length - done;
    toast(others ? 'warn' : 'ok', others ? `${done} sent. ${others} not: each says why.` : `${done} sent.`);
    announce(`${done} sent, ${others} not.`);
    trouble('');
    isSending = false;
    await goOn();
  } catch (error) {
    isSending = false;
    trouble(error.isTransient ? 'Not sent yet: the server gave no answer. Your marks are kept; sent again, nothing is decided twice.' : error.message, { label: 'Send again', run: send });
  }
  drawBar();
}

/** What was decided stays in sight until the rest is done; then the next labels come. */
async function goOn() {
  nameTimed();
  if (open().length) {
    if (!open().includes(current)) focus(open()[0]);
    return beat();
  }
  held.clear();
  return claim();
}

// --- Leases -------------------------------------------------------------------------------------------------------
async function claim() {
  clearTimeout(lookAgain);
  part('cards').setAttribute('aria-busy', 'true');
  try {
    const answer = await post(page.urls.claim, { have: open().map((one) => one.card.slot) });
    questions = answer.questions;
    for (const card of answer.cards) held.set(card.slot, { card, mark: null, said: '' });
    trouble('');
    drawGroups();
    drawAll();
    nameTimed();
    if (answer.empty && !open().length) explain(answer.empty);
    else if (open().length) {
      focus(open()[0]);
      activity.takeInteractions();
      await beat();
    }
  } catch (error) {
    trouble(`${error.message} Nothing was decided.`, { label: 'Try again', run: claim });
    if (error.isTransient) lookAgain = setTimeout(claim, RETRY_MS);
  }
  part('cards').removeAttribute('aria-busy');
}

function explain(empty) {
  part('cards').replaceChildren(el('p', { class: 'cl-empty' }, empty.message, empty.next_at ? ` Next may free at ${shortClock(empty.next_at)}.` : ''));
  const wait = empty.next_at ? Math.max(new Date(empty.next_at) - Date.now(), 1000) : LOOK_AGAIN_MS;
  lookAgain = setTimeout(claim, Math.min(wait, LOOK_AGAIN_MS * 2));
  drawBar();
}

function nameTimed() {
  if (!timed || timed.said || !held.has(timed.card.slot)) timed = open()[0] || null;
}

/** One heartbeat renews every lease in hand; its time is shared among what is decided next. */
async function beat() {
  if (!timed || isSending) return;
  const named = timed;
  try {
    await post(named.card.heartbeat_url, { lease_token: named.card.lease_token, interactions: activity.takeInteractions() });
    trouble('');
  } catch (error) {
    if (named !== timed) return;
    if (error.isLeaseEnd) ended(error);
    else if (!isLeaving) trouble(`No answer from the server since ${shortClock(new Date())}. Your marks are kept here.`);
  }
}

function ended(error) {
  for (const one of open()) Object.assign(one, { mark: null, said: 'No longer reserved for you.', done: 'gone' });
  timed = null;
  drawAll();
  trouble(`${error.message} Nothing that was not sent is decided.`, { label: 'Next labels', run: () => { held.clear(); claim(); } });
}

function giveBack() {
  const items = open().map((one) => ({ slot: one.card.slot, lease_token: one.card.lease_token }));
  if (!items.length || isLeaving) return;
  isLeaving = true;
  post(page.urls.give_back, { items }, { keepalive: true }).catch(() => {});
}

// --- On the page --------------------------------------------------------------------------------------------------
const grouped = () => {
  const feature = part('group').value;
  const found = new Map();
  for (const one of held.values()) {
    const answer = feature ? one.card.answers.filter((other) => other.feature === feature && other.depth === 0).map((other) => other.words).join(', ') || 'No answer' : '';
    found.set(answer, [...(found.get(answer) || []), one]);
  }
  return [...found].sort(([one], [other]) => one.localeCompare(other));
};
const inOrder = () => grouped().flatMap(([, some]) => some);

function button(name, key, run, pressed = null) {
  return el('button', { type: 'button', class: 'cl-button cl-button--small', tabindex: -1, 'aria-pressed': pressed === null ? null : String(pressed), on: { click: (event) => { event.stopPropagation(); run(); } } }, name, keyCap(key));
}

function draw(one) {
  const { card, mark } = one;
  const [tone, sign] = MARKS[one.done || mark?.decision] || [];
  const state = one.said || (mark ? wordsOf(one) : '');
  const children = [
    el('div', { class: 'grid-card__picture' }, card.row.thumbnail_url ? el('img', { src: card.row.thumbnail_url, alt: '', draggable: 'false' }) : 'No picture'),
    el('div', { class: 'grid-card__body' }, el('span', { class: 'grid-card__name' }, `${card.row.external_id} · ${card.label.maker.name}`),
      el('dl', {}, card.answers.map((answer) => el('div', { 'data-depth': Math.min(answer.depth, 2) }, el('dt', {}, answer.question), el('dd', {}, answer.words)))),
      card.reasons.length > 0 && el('span', { class: 'grid-card__said' }, `Came back before: ${card.reasons.map((reason) => reason.text).join('; ')} `, el('a', { class: 'cl-link', href: card.history_url, target: '_blank', on: { click: (event) => event.stopPropagation() } }, 'History')),
      one.fault && el('span', { class: 'cl-field__error' }, one.fault),
      state && el('span', {}, el('span', { class: `cl-chip${tone ? ` cl-chip--${tone}` : ''}`, 'data-state': true }, icon(sign), one.said ? (one.done === 'gone' ? 'Not decided by you' : one.said) : MARKS[mark.decision][2])),
      state && (one.done === 'gone' || mark?.words || mark?.labels) && el('span', { class: 'grid-card__said' }, state)),
    !one.said && el('div', { class: 'grid-card__acts' },
      button('Approve', 'A', () => approve(one), mark?.decision === 'approve'), changeable(card).length > 0 && button('Change', 'F', () => changeAnswer(one), mark?.decision === 'fix'),
      button('Send back', 'R', () => sendBack(one), mark?.decision === 'reject')),
  ].filter(Boolean);
  if (!one.node) {
    one.node = el('article', { class: 'grid-card', 'data-slot': card.slot, tabindex: -1, on: { focusin: () => { current = one; roam(); }, click: () => one.node.focus() } });
  }
  const label = `${card.row.external_id}: ${card.answers.map((answer) => `${answer.question} ${answer.words}`).join(', ')}. ${state || 'No mark'}`;
  one.node.setAttribute('aria-label', label);
  if (one.done || mark) one.node.dataset.mark = one.done || mark.decision;
  else delete one.node.dataset.mark;
  const hadFocus = one.node.contains(document.activeElement);
  one.node.replaceChildren(...children);
  if (hadFocus) one.node.focus({ preventScroll: true });
}

function drawAll() {
  for (const one of held.values()) draw(one);
  const has = part('group').value;
  part('cards').replaceChildren(...grouped().flatMap(([name, some]) => [has && el('h2', {}, `${name} · ${some.length}`), el('div', { class: 'grid-set' }, some.map((one) => one.node))]).filter(Boolean));
  roam();
  drawBar();
}

/** One card at a time is in the order of tabs; the arrows move it. */
function roam() {
  for (const one of held.values()) one.node.tabIndex = one === current ? 0 : -1;
  for (const one of held.values()) for (const act of one.node.querySelectorAll('button')) act.tabIndex = one === current ? 0 : -1;
}

function drawBar() {
  const [some, rest] = [marked().length, unmarked().length];
  part('bar').hidden = !open().length;
  const send_ = part('send');
  send_.replaceChildren(isSending ? 'Sending' : some ? `Send ${some} decision${some === 1 ? '' : 's'}` : 'Nothing marked yet', keyCap('Ctrl Enter'));
  send_.setAttribute('aria-disabled', String(!some || isSending));
  const rest_ = part('rest');
  rest_.hidden = !rest;
  setText(rest_, some ? `Approve the rest (${rest}) and send` : `Approve all ${rest} and send`);
  const waiting = open().length;
  setText(part('count'), waiting ? `${waiting} answer${waiting === 1 ? '' : 's'} in your hands, ${some} marked` : 'Nothing in your hands');
}

function drawGroups() {
  const select = part('group');
  const chosen = select.value;
  const found = new Map([...held.values()].flatMap((one) => one.card.answers.filter((answer) => answer.depth === 0).map((answer) => [answer.feature, answer.question])));
  select.replaceChildren(el('option', { value: '' }, 'Nothing'), ...[...found].map(([feature, name]) => el('option', { value: feature, selected: feature === chosen }, name)));
}

function focus(one) {
  current = one || null;
  one?.node.focus();
}

function approve(one) {
  put(one, one.mark?.decision === 'approve' ? null : { decision: 'approve' });
}

function step(one) {
  const cards = inOrder();
  focus(cards[Math.min(Math.max(cards.indexOf(one), 0) + 1, cards.length - 1)]);
}

/** The card above or below is the nearest one in the next line of cards, whatever groups there are. */
function vertical(one, sign) {
  const [from, cards] = [one.node.getBoundingClientRect(), inOrder().filter((other) => other !== one)];
  const beyond = cards.map((other) => [other, other.node.getBoundingClientRect()]).filter(([, box]) => (box.top - from.top) * sign > 4);
  if (!beyond.length) return;
  const line = Math.min(...beyond.map(([, box]) => Math.abs(box.top - from.top)));
  const near = beyond.filter(([, box]) => Math.abs(Math.abs(box.top - from.top) - line) < 4);
  focus(near.sort(([, a], [, b]) => Math.abs(a.left - from.left) - Math.abs(b.left - from.left))[0][0]);
}

const KEYS = {
  ArrowRight: (one) => step(one),
  ArrowLeft: (one) => focus(inOrder()[Math.max(inOrder().indexOf(one) - 1, 0)]),
  ArrowDown: (one) => vertical(one, 1),
  ArrowUp: (one) => vertical(one, -1),
  a: (one) => { approve(one); step(one); },
  f: (one) => changeAnswer(one),
  r: (one) => sendBack(one),
  u: (one) => put(one, null),
  Enter: (one) => { if (!one.said) openFullSize(one); },
};

/** The editor takes over what is in hand: leases stay, and its heartbeats renew them. */
function openFullSize(one) {
  if (marked().length) return toast('warn', 'Send what you marked first, or take the marks off with U.');
  isLeaving = true;
  location.assign(`${page.urls.editor}?wanted=${one.card.slot}`);
  return null;
}

document.addEventListener('keydown', (event) => {
  if (document.querySelector('dialog[open]') || event.target.matches('select, input, textarea')) return;
  if (event.key === 'Enter' && event.ctrlKey) {
    event.preventDefault();
    send();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || !current) return;
  // A button in a card keeps its own Enter; every other key works from there too.
  if (event.key === 'Enter' && event.target.closest('button, a')) return;
  const run = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!run || !held.has(current.card.slot)) return;
  event.preventDefault();
  run(current);
});
part('send').addEventListener('click', send);
part('rest').addEventListener('click', () => {
  if (isSending) return;
  for (const one of unmarked()) put(one, { decision: 'approve' });
  send();
});
part('group').addEventListener('change', drawAll);
document.addEventListener('visibilitychange', () => !document.hidden && beat());
addEventListener('beforeunload', (event) => { if (marked().length && !isLeaving) event.preventDefault(); });
addEventListener('pagehide', giveBack);
addEventListener('pageshow', (event) => { if (event.persisted) { isLeaving = false; held.clear(); claim(); } });
setInterval(beat, HEARTBEAT_MS);
activity.restart();
claim();
