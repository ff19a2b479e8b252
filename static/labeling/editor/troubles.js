// What stands in the way now, in a fixed place at the side, with what became of the work and at most two ways on.
import { el, icon } from '../../shared/dom.js';
import { announce } from '../../shared/notice.js';

export function createTroubles(root) {
  const shown = new Map();

  function hide(name) {
    shown.get(name)?.node.remove();
    shown.delete(name);
  }

  /** One notice a name; the same sentence again changes nothing. `actions` are {label, run, keepsOpen}. */
  function show(name, sentence, actions = []) {
    const before = shown.get(name);
    if (before?.sentence === sentence) return;
    before?.node.remove();
    const buttons = actions.map(({ label, run, keepsOpen }) => el('button', { type: 'button', class: 'cl-button cl-button--small',
      on: { click: () => { if (!keepsOpen) hide(name); run(); } } }, label));
    const node = el('div', { class: 'cl-notice cl-notice--warn trouble', 'data-trouble': name }, icon('warn'), el('p', {}, sentence),
      buttons.length > 0 && el('div', { class: 'trouble__actions' }, buttons));
    shown.set(name, { node, sentence, since: before?.since || new Date() });
    root.append(node);
    announce(sentence);
  }

  return { show, hide, since: (name) => shown.get(name)?.since || new Date() };
}
