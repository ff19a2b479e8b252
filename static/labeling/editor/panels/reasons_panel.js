// Why a row came back, above the objects. A reason about an object leads to it.
import { el, icon } from '../../../shared/dom.js';
import { namesOf } from '../payload.js';

export function createReasonsPanel({ section, list, count }, { store }) {
  let shown = null;
  return (state) => {
    const reasons = state.row?.reasons || [];
    if (shown === state.row && section.hidden === !reasons.length) return;
    shown = state.row;
    section.hidden = !reasons.length;
    section.querySelector('h2').textContent = state.mode === 'review' ? 'Sent back before' : 'Came back';
    section.querySelector('[data-act="appeal"]').hidden = !state.row?.urls.appeal;
    count.textContent = `${reasons.length} ${reasons.length === 1 ? 'reason' : 'reasons'}`;
    const names = state.ontology ? namesOf(state.ontology, state.payload) : new Map();
    list.replaceChildren(...reasons.map((reason) => {
      const parts = [icon('arrow-left'), el('span', {}, el('b', {}, [names.get(reason.object), reason.text || reason.code].filter(Boolean).join(': ')),
        el('span', { class: 'cl-caption' }, [reason.reviewer, reason.rule_title && `rule ${reason.rule_title}`].filter(Boolean).map((word) => ` ${word}`).join(' ·')))];
      return el('li', {}, names.has(reason.object)
        ? el('button', { type: 'button', class: 'reason', 'data-reason': reason.code, on: { click: () => store.set({ selected: reason.object, vertex: null }) } }, parts)
        : el('p', { class: 'reason', 'data-reason': reason.code }, parts));
    }));
  };
}
