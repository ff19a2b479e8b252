// Which question is in hand: the one that shows its keys and takes them. Pure.
import { answerFault, answerKeys, askedQuestions, isBlank } from './ontology.js';
import { objectOf } from './payload.js';

export const questionKey = (objectId, chain) => `${objectId ?? 'row'}/${chain.join('/')}`;

/** The questions asked now about one object or, with null, about the whole picture. */
export function askedAbout(state, objectId) {
  if (!state.ontology) return [];
  const object = objectId === null ? null : objectOf(state.payload, objectId);
  const questions = objectId === null ? state.ontology.questions : state.ontology.byUid.get(object?.feature)?.questions || [];
  return askedQuestions(questions, objectId === null ? state.payload.features : object?.nested || [])
    .map((asked) => ({ ...asked, object: objectId, key: questionKey(objectId, asked.chain), fault: answerFault(asked) }));
}

const isBeingTicked = (state, asked) => asked.question.kind === 'checklist' && asked.object === (state.selected ?? null);

/** The key of the question after the list in hand: the next open one, or null. `undefined` when no list is in hand. */
export function questionAfterList(state) {
  const inHand = questionInHand(state);
  if (!inHand || isBlank(inHand.answer?.value) || !isBeingTicked(state, inHand)) return undefined;
  const open = askedAbout(state, inHand.object).find((asked) => isBlank(asked.answer?.value));
  return open?.key ?? null;
}

/** The focused question while it is open, else the first open one of the selected object or of the picture. A list of
    which several may be chosen stays in hand until the next one is asked for. */
export function questionInHand(state) {
  const isObject = state.selected !== null && objectOf(state.payload, state.selected) !== null;
  const about = [...(isObject ? askedAbout(state, state.selected) : []), ...askedAbout(state, null)];
  const focused = about.find((asked) => asked.key === state.focusedQuestion);
  if (focused && (isBlank(focused.answer?.value) || isBeingTicked(state, focused))) return focused;
  const holder = focused ? focused.object : isObject ? state.selected : null;
  const open = about.find((asked) => asked.object === holder && isBlank(asked.answer?.value));
  return open || focused || null;
}

/** The value after pressing an option's key: chosen for a radio, switched for a checklist. */
export function pressed(asked, index) {
  const option = asked.question.options[index];
  if (asked.question.kind === 'radio') return option.value;
  const chosen = asked.answer?.value || [];
  return chosen.includes(option.value) ? chosen.filter((value) => value !== option.value) : [...chosen, option.value];
}

/** The option that a key means for the question in hand, or -1. Digits count only while the question has the focus. */
export function optionForKey(state, asked, key) {
  if (!asked?.question.options) return -1;
  const index = answerKeys(asked.question).indexOf(key);
  return index >= 0 && /^\d$/.test(key) && asked.key !== state.focusedQuestion ? -1 : index;
}
