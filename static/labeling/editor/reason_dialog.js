// Asks why: one reason to skip a row, one or more to send a label back.
import { el, keyCap } from '../../shared/dom.js';

function choices(reasons, isMany, kept) {
  return el('fieldset', {}, el('legend', { class: 'cl-hidden-text' }, 'Reason'), reasons.map((reason, index) => el('label', { class: 'cl-choice' },
    el('input', { type: isMany ? 'checkbox' : 'radio', name: 'reason', value: reason.code, autofocus: index === 0 && !isMany, required: !isMany, checked: Boolean(kept?.codes.includes(reason.code)) }),
    el('span', {}, reason.label))));
}

/** A rule of the guidelines to cite; nothing where the project has none. */
export function ruleChoice(rules, kept = '', on = {}) {
  return rules?.length > 0 && el('label', { class: 'cl-field' }, 'Rule of the guidelines', el('select', { class: 'cl-input', name: 'rule', on },
    el('option', { value: '' }, 'None'), rules.map((rule) => el('option', { value: rule.code, selected: rule.code === kept }, rule.label))));
}

function readForm(form, reasons) {
  const entries = new FormData(form);
  const codes = entries.getAll('reason');
  return {
    codes,
    labels: codes.map((code) => reasons.find((reason) => reason.code === code)?.label || code),
    text: String(entries.get('text') || '').trim(),
    isAboutObject: entries.get('about') === 'object',
    rule: String(entries.get('rule') || ''),
  };
}

/** Resolves with {codes, labels, text, isAboutObject, rule}, or null when the person gives up. `kept` is an earlier answer that
    did not get through: the dialog opens with it. */
export function askForReason(dialog, { title, sentence, reasons, rules = [], isMany = false, act, objectName = '', kept = null }) {
  return new Promise((resolve) => {
    let answer = null;
    const fault = el('p', { class: 'cl-field__error', hidden: true, role: 'alert' }, 'Choose at least one reason.');
    const form = el('form', { method: 'dialog', 'data-reason-form': true },
      el('h2', { id: 'reason-title' }, title), el('p', {}, sentence), choices(reasons, isMany, kept), fault,
      objectName && el('label', { class: 'cl-choice' }, el('input', { type: 'checkbox', name: 'about', value: 'object', checked: kept ? kept.isAboutObject : true }), el('span', {}, `It is about ${objectName}`)),
      ruleChoice(rules, kept?.rule),
      el('label', { class: 'cl-field' }, 'In your words', el('textarea', { class: 'cl-input', name: 'text', rows: 2, maxlength: 2000 }, kept?.text || '')),
      el('div', { class: 'cl-actions' },
        el('button', { type: 'button', class: 'cl-button', on: { click: () => dialog.close() } }, 'Cancel', keyCap('Esc')),
        el('button', { type: 'submit', class: 'cl-button cl-button--main', 'data-reason-send': true }, act, keyCap('Enter'))));
    form.addEventListener('submit', (event) => {
      const read = readForm(form, reasons);
      if (read.codes.length) answer = read;
      else event.preventDefault();
      fault.hidden = read.codes.length > 0;
    });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.target.type === 'radio' || event.target.type === 'checkbox')) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    dialog.addEventListener('close', () => resolve(answer), { once: true });
    dialog.replaceChildren(form);
    dialog.showModal();
  });
}
