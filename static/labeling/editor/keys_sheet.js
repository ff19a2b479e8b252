// All keys on one sheet, and the switch that turns the single ones off.
import { el, keyCap } from '../../shared/dom.js';
import { KEYS } from './keys.js';

function group(name) {
  const rows = KEYS.filter((entry) => entry.group === name)
    .map((entry) => el('div', { class: 'keys-sheet__row' }, el('dt', {}, keyCap(entry.caps)), el('dd', {}, entry.text)));
  return el('section', {}, el('h3', {}, name), el('dl', {}, rows));
}

/** `isOn` and `setOn` read and keep whether single keys work. */
export function createKeysSheet(dialog, { isOn, setOn }) {
  function fill() {
    const box = el('input', { type: 'checkbox', checked: isOn(), 'data-single-keys': true, on: { change: () => setOn(box.checked) } });
    const names = [...new Set(KEYS.map((entry) => entry.group))];
    dialog.replaceChildren(
      el('header', { class: 'keys-sheet__head' }, el('h2', { id: 'keys-sheet-title' }, 'All keys'),
        el('label', { class: 'cl-choice' }, box, el('span', {}, 'Single keys work')),
        el('button', { type: 'button', class: 'cl-button', on: { click: () => dialog.close() } }, 'Close', keyCap('Esc'))),
      el('div', { class: 'keys-sheet__groups' }, names.map(group)),
    );
  }
  return () => {
    fill();
    dialog.showModal();
  };
}
