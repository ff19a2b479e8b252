// Asks why a label that was sent back is right.
import { el, keyCap } from '../../shared/dom.js';
import { ruleChoice } from './reason_dialog.js';

const SHORTEST = 15;

/** Resolves with {text, rule, isAboutObject}, or null when the person gives up. `kept` is an earlier answer that did not get through. */
export function askToAppeal(dialog, { rules = [], objectName = '', kept = null }) {
  return new Promise((resolve) => {
    let answer = null;
    const form = el('form', { method: 'dialog', 'data-appeal-form': true },
      el('h2', { id: 'reason-title' }, 'Appeal'),
      el('p', {}, 'Somebody who has not decided about this label before looks at it as it was sent back. What you have changed since stays as a draft. There is one appeal per review.'),
      el('label', { class: 'cl-field' }, 'Why is it right?', el('textarea', { class: 'cl-input', name: 'text', rows: 4, minlength: SHORTEST, maxlength: 2000, required: true, autofocus: true }, kept?.text || '')),
      ruleChoice(rules, kept?.rule),
      objectName && el('label', { class: 'cl-choice' }, el('input', { type: 'checkbox', name: 'about', value: 'object', checked: kept ? kept.isAboutObject : true }), el('span', {}, `It is about ${objectName}`)),
      el('div', { class: 'cl-actions' },
        el('button', { type: 'button', class: 'cl-button', on: { click: () => dialog.close() } }, 'Cancel', keyCap('Esc')),
        el('button', { type: 'submit', class: 'cl-button cl-button--main', 'data-appeal-send': true }, 'Send the appeal')));
    form.addEventListener('submit', () => {
      const entries = new FormData(form);
      answer = { text: String(entries.get('text') || '').trim(), rule: String(entries.get('rule') || ''), isAboutObject: entries.get('about') === 'object' };
    });
    dialog.addEventListener('close', () => resolve(answer), { once: true });
    dialog.replaceChildren(form);
    dialog.showModal();
  });
}
