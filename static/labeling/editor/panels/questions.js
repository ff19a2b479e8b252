// Questions as real radios, check boxes and fields in fieldsets. The same list serves objects and the whole picture.
import { el, icon, keyCap } from '../../../shared/dom.js';
import { answerKeys, isBlank } from '../ontology.js';
import { pressed } from '../answers.js';

const SEGMENT_LETTERS = 24;

function isSegmented({ question, object, depth }) {
  const letters = question.options.reduce((sum, option) => sum + option.label.length, 0);
  return question.kind === 'radio' && object === null && depth === 0 && question.options.length <= 4 && letters <= SEGMENT_LETTERS
    && !question.options.some((option) => option.questions?.length);
}

function choice(asked, index, { cap, className, onAnswer, isReadOnly }) {
  const option = asked.question.options[index];
  const value = asked.answer?.value;
  const isMany = asked.question.kind === 'checklist';
  const isChosen = isMany ? (value || []).includes(option.value) : value === option.value;
  const input = el('input', { type: isMany ? 'checkbox' : 'radio', name: asked.key, value: option.value, checked: isChosen, disabled: isReadOnly,
    'data-focus': `${asked.key}=${option.value}`, on: { change: () => onAnswer(asked, pressed(asked, index)) } });
  return el('label', { class: className, title: option.definition || null, 'data-option': option.value, 'data-chosen': isChosen || null }, input, el('span', {}, option.label), cap && keyCap(cap.toUpperCase()));
}

function choices(asked, { isInHand, ...rest }) {
  const keys = isInHand && !rest.isReadOnly ? answerKeys(asked.question) : [];
  if (isSegmented(asked)) {
    return el('div', { class: 'cl-segments' }, asked.question.options.map((_, index) => choice(asked, index, { ...rest, cap: keys[index], className: 'cl-segment' })));
  }
  return asked.question.options.map((_, index) => choice(asked, index, { ...rest, cap: keys[index], className: 'answer' }));
}

function field(asked, { onAnswer, isReadOnly }) {
  const { question, answer, key } = asked;
  const isNumber = question.kind === 'number';
  const read = (node) => (isNumber ? (node.value === '' ? null : node.valueAsNumber) : node.value);
  const send = (event) => !event.isComposing && onAnswer(asked, read(event.target), `type ${key}`);
  const shared = { class: 'cl-input', 'data-focus': key, 'aria-label': question.name, value: answer?.value ?? '', disabled: isReadOnly,
    on: { input: send, compositionend: (event) => onAnswer(asked, read(event.target), `type ${key}`) } };
  if (isNumber) return el('input', { ...shared, type: 'number', step: 'any', min: question.min, max: question.max });
  return el('textarea', { ...shared, rows: 2, maxlength: question.max });
}

function fieldset(asked, options) {
  const { question, answer, because, depth, fault, key } = asked;
  const isAnswered = !isBlank(answer?.value);
  const legend = el('legend', { class: 'question__legend' },
    el('span', { class: 'question__name' }, question.name),
    because && el('span', { class: 'question__because' }, `because “${because}”`),
    isAnswered && !fault && icon('check', 'is-ok'), isAnswered && !fault && el('span', { class: 'cl-hidden-text' }, 'answered'));
  const hasClear = isAnswered && !question.is_required && question.kind === 'radio' && !options.isReadOnly;
  return el('fieldset', { class: `question ${depth ? 'question--nested' : ''} ${options.isInHand ? 'is-in-hand' : ''} ${fault ? 'is-open' : ''}`,
    'data-question': question.uid, 'data-question-key': key, 'data-depth': depth, on: { focusin: () => options.onFocus(asked), focusout: () => options.onFocus(null) } },
  legend,
  question.definition && el('p', { class: 'cl-caption question__definition' }, question.definition),
  question.options ? choices(asked, options) : field(asked, options),
  options.isInHand && isAnswered && question.kind === 'checklist' && el('p', { class: 'cl-caption', 'data-list-in-hand': true }, keyCap('Enter'), ' next question'),
  hasClear && el('button', { type: 'button', class: 'question__clear', 'data-focus': `${key} clear`, on: { click: () => options.onAnswer(asked, null) } }, 'Clear answer'),
  fault && el('p', { class: 'question__fault', 'data-gap': key }, icon('warn'), fault));
}

/** Fieldsets of all asked questions. onAnswer(asked, value, merge), onFocus(asked or null). */
export function questionFields(list, { inHand, ...options }) {
  return list.map((asked) => fieldset(asked, { ...options, isInHand: inHand?.key === asked.key }));
}

/** What the fieldsets show, as text: equal signatures need no new elements. A field being typed in counts as it stands. */
export function questionsSignature(list, { inHand, isReadOnly }) {
  const typing = document.activeElement?.dataset?.focus;
  return JSON.stringify([isReadOnly, inHand?.key, list.map((asked) => [asked.key, asked.fault, asked.because,
    typing === asked.key && !asked.question.options ? isBlank(asked.answer?.value) : asked.answer?.value])]);
}
