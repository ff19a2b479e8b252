// What the maker of a label says against its sending back, beside the row on which that is decided.
import { el, icon } from '../../../shared/dom.js';

// So much of the picture around a place, in its pixels.
const AROUND = 60;

export function createAppealPanel({ section, body }, { store, viewport }) {
  let shown = null;
  return (state) => {
    if (shown === state.row) return;
    shown = state.row;
    const appeal = state.row?.appeal;
    section.hidden = !appeal;
    if (!appeal) return;
    const show = (pin) => {
      store.set({ selected: null, vertex: null });
      viewport.zoomTo([pin.x - AROUND, pin.y - AROUND, pin.x + AROUND, pin.y + AROUND]);
    };
    body.replaceChildren(
      el('p', { class: 'reason', 'data-appeal': true }, icon('comment'), el('span', {}, el('b', {}, appeal.words),
        appeal.rule_title && el('span', { class: 'cl-caption' }, ` rule ${appeal.rule_title}`))),
      ...appeal.pins.map((pin, index) => el('button', { type: 'button', class: 'reason', on: { click: () => show(pin) } }, icon('pin'), el('span', {}, `Place ${index + 1}`))),
      el('p', { class: 'cl-caption side__note' }, 'Approve, or fix and approve: the sending back is overturned. Send back: it stands, and goes to the maker with your words.'),
    );
  };
}
