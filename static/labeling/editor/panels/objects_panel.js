// The objects in the order of drawing. The selected one opens in place: questions, class, typed numbers, remove.
import { el, icon, keyCap, placeKeepingFocus } from '../../../shared/dom.js';
import { askedAbout, questionInHand } from '../answers.js';
import { boxBetween, cornerAt, cornersOf, insidePicture, sizeText, withHandleAt } from '../geometry.js';
import { objectGaps } from '../ontology.js';
import { namesOf, objectsOf } from '../payload.js';
import { questionFields, questionsSignature } from './questions.js';
import { classSign } from './sign.js';

function head(object, { name, feature, gaps, isSelected, store }) {
  const size = sizeText(object.kind, object.value);
  return el('button', { type: 'button', class: 'object', 'data-object': object.id, 'data-focus': `object ${object.id}`, 'aria-expanded': String(isSelected),
    on: { click: () => store.set({ selected: isSelected ? null : object.id, vertex: null }) } },
  classSign(feature || { kind: object.kind }), el('span', { class: 'object__name' }, name),
  gaps ? el('span', { class: 'cl-chip cl-chip--warn', 'data-open': gaps }, `${gaps} open`)
    : feature ? icon('check', 'is-ok') : el('span', { class: 'cl-chip cl-chip--bad' }, 'needs a class'),
  el('span', { class: 'object__size' }, size));
}

const NUMBERS = {
  box: { fields: ['left', 'top', 'width', 'height'], read: ([x0, y0, x1, y1]) => [x0, y0, x1 - x0, y1 - y0], write: ([x, y, w, h]) => [[x, y], [x + w, y + h]] },
  point: { fields: ['x', 'y'], read: (value) => value, write: ([x, y]) => [[x, y]] },
};

/** One corner of an outline or a line, chosen and typed. */
function cornerNumbers(object, { store, acts, viewport, isReadOnly }) {
  const corners = cornersOf(object.kind, object.value);
  const corner = cornerAt(object.kind, object.value, store.state.vertex) || corners[0];
  const field = (name, value, change, limits = {}) => {
    const input = el('input', { class: 'cl-input', type: 'number', value: String(Math.round(value * 100) / 100), disabled: isReadOnly, step: 'any', ...limits,
      'data-number': name, 'data-focus': `${object.id} ${name}`, on: { change: () => !Number.isNaN(input.valueAsNumber) && change(input.valueAsNumber) } });
    return el('label', {}, el('span', {}, name), input);
  };
  const move = (at) => {
    acts.setValue(object.id, withHandleAt(object.kind, object.value, corner, insidePicture(at, viewport.size)));
    store.set({ vertex: corner });
  };
  const choose = (number) => store.set({ vertex: corners[Math.min(Math.max(Math.round(number), 1), corners.length) - 1] });
  return el('div', { class: 'numbers' }, field('corner', corners.findIndex((one) => one.name === corner.name) + 1, choose, { min: 1, max: corners.length, step: 1 }),
    field('x', corner.at[0], (x) => move([x, corner.at[1]])), field('y', corner.at[1], (y) => move([corner.at[0], y])));
}

/** Place and size typed as numbers: for hands that cannot draw finely. */
function numbers(object, context) {
  const { acts, viewport, isReadOnly } = context;
  const kind = NUMBERS[object.kind];
  if (!kind) return cornerNumbers(object, context);
  const values = kind.read(object.value).map((value) => Math.round(value * 100) / 100);
  const inputs = kind.fields.map((name, index) => el('input', { class: 'cl-input', type: 'number', step: 'any', value: String(values[index]), disabled: isReadOnly,
    'data-number': name, 'data-focus': `${object.id} ${name}`, on: { change: apply } }));
  function apply() {
    const typed = inputs.map((input) => input.valueAsNumber);
    if (typed.some(Number.isNaN)) return;
    const corners = kind.write(typed).map((corner) => insidePicture(corner, viewport.size));
    acts.setValue(object.id, object.kind === 'box' ? boxBetween(...corners) : corners[0]);
  }
  return el('div', { class: 'numbers' }, kind.fields.map((name, index) => el('label', {}, el('span', {}, name), inputs[index])));
}

function classChoice(object, { state, acts }) {
  const same = state.ontology.classes.filter((feature) => feature.kind === object.kind);
  if (same.length < 2 && state.ontology.byUid.has(object.feature)) return null;
  const select = el('select', { class: 'cl-input', 'aria-label': 'Class', 'data-class-choice': true, 'data-focus': `${object.id} class`, disabled: state.isReadOnly,
    on: { change: () => acts.setClass(object.id, state.ontology.byUid.get(select.value)) } },
  !state.ontology.byUid.has(object.feature) && el('option', { value: '' }, 'Choose a class'),
  same.map((feature) => el('option', { value: feature.uid, selected: feature.uid === object.feature }, feature.name)));
  return select;
}

function details(object, context) {
  const { state, acts, viewport, asked, inHand } = context;
  const fields = questionFields(asked, { inHand, isReadOnly: state.isReadOnly, onAnswer: acts.setAnswer, onFocus: context.onFocus });
  return el('div', { class: 'object-detail', 'data-object-detail': object.id }, fields,
    el('details', { class: 'object-more', 'data-object-more': true, open: context.isMoreOpen, on: { toggle: (event) => context.setMoreOpen(event.target.open) } },
      el('summary', {}, 'Class, place and size'),
      el('div', { class: 'object-more__body' }, classChoice(object, context), numbers(object, { ...context, isReadOnly: state.isReadOnly }),
        !state.isReadOnly && el('button', { type: 'button', class: 'cl-button cl-button--small cl-button--danger', 'data-act': 'remove' }, icon('trash'), 'Remove', keyCap('Del')))));
}

export function createObjectsPanel({ list, count }, { store, acts, viewport, onFocus }) {
  const rows = new Map();
  const nothing = el('li', { class: 'side__empty' }, 'No objects yet. Choose a class and draw.');
  let isMoreOpen = false;
  const setMoreOpen = (isOpen) => { isMoreOpen = isOpen; };

  function row(object, state, name, inHand) {
    const isSelected = state.selected === object.id;
    const kept = rows.get(object.id);
    // Objects are values: the same one needs no second look, and a row may have a thousand.
    if (kept && !isSelected && !kept.isSelected && kept.object === object && kept.name === name && kept.ontology === state.ontology) return kept;
    const feature = state.ontology.byUid.get(object.feature);
    const gaps = objectGaps(state.ontology, object).length;
    const asked = isSelected ? askedAbout(state, object.id) : [];
    const signature = JSON.stringify([name, feature?.color, sizeText(object.kind, object.value), gaps, isSelected, state.isReadOnly,
      isSelected && object.value, isSelected && state.vertex?.name, isSelected && questionsSignature(asked, { inHand, isReadOnly: state.isReadOnly })]);
    const seen = { signature, object, name, ontology: state.ontology, isSelected };
    if (kept?.signature === signature) return { ...seen, node: kept.node };
    const context = { state, store, acts, viewport, asked, inHand, onFocus, isMoreOpen, setMoreOpen };
    const node = el('li', { class: isSelected ? 'is-selected' : null },
      head(object, { name, feature, gaps, isSelected, store }), isSelected && details(object, context));
    return { ...seen, node };
  }

  return (state, before) => {
    if (!state.ontology) return;
    const objects = objectsOf(state.payload);
    const names = namesOf(state.ontology, state.payload);
    const inHand = questionInHand(state);
    const next = objects.map((object) => [object.id, row(object, state, names.get(object.id), inHand)]);
    rows.clear();
    for (const [id, entry] of next) rows.set(id, entry);
    count.textContent = objects.length;
    const nodes = next.map(([, entry]) => entry.node);
    placeKeepingFocus(list, nodes.length ? nodes : [nothing]);
    if (state.selected !== before.selected) list.querySelector('.is-selected')?.scrollIntoView({ block: 'nearest' });
  };
}
