// The ontology as the editor reads it, pure: classes with colour and key, questions, what is open and what is still missing.

const SHAPES = ['box', 'polygon', 'polyline', 'point'];
const PALETTE = ['#3388FF', '#FFDD00', '#665500', '#00EEDD', '#992277', '#EE7722', '#009988', '#BB5555', '#5522EE', '#00CCFF', '#BBEEAA', '#FF77AA'];
const DASHES = ['solid', 'dashed', 'dotted'];
const DARK = '#111820';
// Letters that no command uses, in the order fingers find them.
const ANSWER_KEYS = ['q', 'w', 'e', 'd', 'g', 'j', 'k', 'u', 'x', 'c', 'm', 'y'];

export const isShape = (kind) => SHAPES.includes(kind);

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((start) => {
    const part = parseInt(hex.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** How a class is drawn: text on its tag, and whether its line needs a white ground to be seen on dark pictures. */
export function paintOf(color) {
  const light = luminance(color);
  const onWhite = 1.05 / (light + 0.05);
  const onDark = (light + 0.05) / (luminance(DARK) + 0.05);
  return { color, tagText: onDark >= onWhite ? DARK : '#FFFFFF', isDark: light < 0.13 };
}

function everyFeature(features) {
  return features.flatMap((feature) => [feature, ...everyFeature(feature.questions || []),
    ...(feature.options || []).flatMap((option) => everyFeature(option.questions || []))]);
}

/** Classes with paint, dash and key; whole-picture questions; every feature by uid. */
export function readOntology(document) {
  const features = document.features || [];
  const uses = new Map();
  const classes = features.filter((feature) => isShape(feature.kind)).map((feature, index) => {
    const color = (feature.color || PALETTE[index % PALETTE.length]).toUpperCase();
    const earlier = uses.get(color) || 0;
    uses.set(color, earlier + 1);
    return { ...feature, ...paintOf(color), dash: DASHES[Math.min(earlier, 2)], hotkey: feature.hotkey || (index < 9 ? String(index + 1) : '') };
  });
  return {
    classes,
    questions: features.filter((feature) => !isShape(feature.kind)),
    byUid: new Map([...everyFeature(features), ...classes].map((feature) => [feature.uid, feature])),
  };
}

export function isBlank(value) {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return !value.trim();
  return Array.isArray(value) && !value.length;
}

export function chosenOptions(question, value) {
  const chosen = Array.isArray(value) ? value : [value];
  return (question.options || []).filter((option) => chosen.includes(option.value));
}

/**
 * The questions that are asked now, depth first: {question, answer, chain, because, depth}. `chain` are the uids from the
 * outermost question to this one; `because` names the option that opened it.
 */
export function askedQuestions(questions, answers, chain = [], because = '') {
  return questions.flatMap((question) => {
    const answer = answers.find((entry) => entry.feature === question.uid) || null;
    const here = [...chain, question.uid];
    const below = answer ? chosenOptions(question, answer.value) : [];
    return [
      { question, answer, chain: here, because, depth: chain.length },
      ...below.flatMap((option) => askedQuestions(option.questions || [], answer.nested || [], here, option.label)),
    ];
  });
}

/** What keeps an answer from being sent, as a sentence; empty when nothing does. */
export function answerFault({ question, answer }) {
  const value = answer?.value;
  if (isBlank(value)) return question.is_required ? 'Answer before you submit.' : '';
  if (question.kind === 'radio') return '';
  const amount = question.kind === 'number' ? value : [...value].length;
  const unit = { checklist: 'choose', text: 'characters', number: '' }[question.kind];
  const phrase = (word, limit) => (unit === 'choose' ? `Choose at ${word} ${limit}.` : `At ${word} ${limit}${unit ? ` ${unit}` : ''}.`);
  if (question.min !== null && question.min !== undefined && amount < question.min) return phrase('least', question.min);
  if (question.max !== null && question.max !== undefined && amount > question.max) return phrase('most', question.max);
  return '';
}

/** Open answers of one object. */
export function objectGaps(ontology, object) {
  const feature = ontology.byUid.get(object.feature);
  return askedQuestions(feature?.questions || [], object.nested || []).filter(answerFault);
}

function countFault(feature, count) {
  const least = Math.max(feature.min || 0, feature.is_required ? 1 : 0);
  if (count < least) return `“${feature.name}” is missing: at least ${least} wanted.`;
  if (feature.max !== null && feature.max !== undefined && count > feature.max) return `“${feature.name}” has ${count}: at most ${feature.max} allowed.`;
  return '';
}

/** Everything that keeps a label from being sent: {object, chain, sentence}, in the order of the page. */
export function gapsOf(ontology, payload) {
  const gaps = [];
  const add = (object, asked) => gaps.push({ object, chain: asked.chain, sentence: isBlank(asked.answer?.value)
    ? `“${asked.question.name}” has no answer.` : `“${asked.question.name}”: ${answerFault(asked)}` });
  for (const entry of payload.features) {
    const feature = ontology.byUid.get(entry.feature);
    if (!feature) gaps.push({ object: entry.id, chain: [], sentence: 'An object has a class that is gone; it needs a new one.' });
    else if (isShape(entry.kind)) objectGaps(ontology, entry).forEach((asked) => add(entry.id, asked));
  }
  askedQuestions(ontology.questions, payload.features).filter(answerFault).forEach((asked) => add(null, asked));
  for (const feature of ontology.classes) {
    const sentence = countFault(feature, payload.features.filter((entry) => entry.feature === feature.uid).length);
    if (sentence) gaps.push({ object: null, feature: feature.uid, chain: [], sentence });
  }
  return gaps;
}

/** The key of each option; only the question in focus shows and takes them. */
export function answerKeys(question) {
  const taken = new Set((question.options || []).map((option) => (option.hotkey || '').toLowerCase()).filter(Boolean));
  const free = ANSWER_KEYS.filter((key) => !taken.has(key))[Symbol.iterator]();
  return (question.options || []).map((option) => (option.hotkey || free.next().value || '').toLowerCase());
}
