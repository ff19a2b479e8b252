// What an answer to a practice row is worth: the score, what differs object by object, why, and by which rule.
import { el, icon } from '../../../shared/dom.js';

const percent = (share) => `${Math.round(share * 100)} %`;

function difference(one, store) {
  const parts = [icon(one.error === 'loose' ? 'warn' : 'cross'), el('span', {}, one.text)];
  const choose = () => store.set({ selected: one.own, vertex: null });
  const isObject = store.state.payload.features.some((entry) => entry.id === one.own);
  return el('li', {}, isObject ? el('button', { type: 'button', class: 'reason', 'data-difference': one.error, on: { click: choose } }, parts)
    : el('p', { class: 'reason', 'data-difference': one.error }, parts));
}

export function createPracticePanel({ section, body, score }, { store, acts }) {
  let shown = null;
  let shownHidden = null;
  return (state) => {
    const found = state.practised;
    if (shown === found && shownHidden === state.isKnownHidden) return;
    shown = found;
    shownHidden = state.isKnownHidden;
    section.hidden = !found;
    if (!found) return;
    score.textContent = percent(found.score);
    score.className = `cl-push cl-chip ${found.differences.length ? 'cl-chip--warn' : 'cl-chip--ok'}`;
    const all = found.differences.length + found.right;
    const drawn = found.known.features.length > 0;
    body.replaceChildren(
      el('p', { class: 'practice__line' }, found.differences.length ? `${found.right} of ${all} things are right.` : 'Everything is right.',
        !found.is_first && ` Your first answer counts: ${percent(found.first_score)}.`),
      el('ul', { class: 'side__list' }, found.differences.map((one) => difference(one, store))),
      el('div', { class: 'side__body' },
        drawn && el('button', { type: 'button', class: 'switch', 'aria-pressed': String(!state.isKnownHidden), 'data-known': true,
          on: { click: () => store.set({ isKnownHidden: !store.state.isKnownHidden }) } }, icon('eye'), 'Known answer, dashed white'),
        found.answers.length > 0 && el('div', {}, el('b', {}, 'Known answers'), el('ul', {}, found.answers.map((one) => el('li', {}, one)))),
        found.explanation && el('p', { 'data-explanation': true }, found.explanation),
        found.rules.map((rule) => el('blockquote', { class: 'practice__rule', 'data-rule': rule.uid }, el('b', {}, `Rule ${rule.title}`), rule.text && el('p', {}, rule.text))),
        el('button', { type: 'button', class: 'cl-button cl-button--main', 'data-practice-next': true, on: { click: () => acts.submit() } }, 'Next row')),
    );
  };
}
