// The label under work as an immutable value, pure: every change gives a new payload, so undo is keeping the old one.
import { chosenOptions, isBlank, isShape } from './ontology.js';

export const emptyPayload = () => ({ features: [], relations: [] });

/** A UUID that also works on a plain-http address in a local network, where randomUUID is missing. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What came from outside, with every list present. */
export function completePayload(payload) {
  const complete = (entry) => ({ ...entry, id: entry.id || newId(), nested: (entry.nested || []).map(complete) });
  return { features: (payload?.features || []).map(complete), relations: payload?.relations || [] };
}

/** Whether two payloads say the same, whatever the order of their keys (the database keeps its own). */
export function isSamePayload(a, b) {
  const sorted = (_, value) => (value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1))) : value);
  return JSON.stringify(completePayload(a), sorted) === JSON.stringify(completePayload(b), sorted);
}

export const objectsOf = (payload) => payload.features.filter((entry) => isShape(entry.kind));
export const objectOf = (payload, id) => payload.features.find((entry) => entry.id === id) || null;

/** "Aeroplane 2": the name of the class and the number among its objects. */
export function namesOf(ontology, payload) {
  const counts = new Map();
  const names = new Map();
  for (const object of objectsOf(payload)) {
    const count = (counts.get(object.feature) || 0) + 1;
    counts.set(object.feature, count);
    names.set(object.id, `${ontology.byUid.get(object.feature)?.name || 'Unknown class'} ${count}`);
  }
  return names;
}

export function withObject(payload, feature, value) {
  const object = { feature: feature.uid, kind: feature.kind, id: newId(), value, nested: [] };
  return [{ ...payload, features: [...payload.features, object] }, object.id];
}

export function withoutObject(payload, id) {
  return { ...payload, features: payload.features.filter((entry) => entry.id !== id) };
}

export function withValue(payload, id, value) {
  return { ...payload, features: payload.features.map((entry) => (entry.id === id ? { ...entry, value } : entry)) };
}

/** Another class of the same shape; answers whose question the new class does not ask are dropped. */
export function withClass(payload, id, feature) {
  const asked = new Set((feature.questions || []).map((question) => question.uid));
  return { ...payload, features: payload.features.map((entry) => (entry.id === id
    ? { ...entry, feature: feature.uid, nested: entry.nested.filter((answer) => asked.has(answer.feature)) } : entry)) };
}

function answered(entry, question, value) {
  const open = new Set(chosenOptions(question, value).flatMap((option) => (option.questions || []).map((below) => below.uid)));
  return { ...entry, value, nested: entry.nested.filter((answer) => open.has(answer.feature)) };
}

function putAnswer(entries, chain, question, value) {
  const [uid, ...rest] = chain;
  if (rest.length) {
    return entries.map((entry) => (entry.feature === uid ? { ...entry, nested: putAnswer(entry.nested, rest, question, value) } : entry));
  }
  if (isBlank(value)) return entries.filter((entry) => entry.feature !== uid);
  if (entries.some((entry) => entry.feature === uid)) return entries.map((entry) => (entry.feature === uid ? answered(entry, question, value) : entry));
  return [...entries, { feature: uid, kind: question.kind, id: newId(), value, nested: [] }];
}

/** The answer to the last question of `chain`, below an object or, with null, of the whole picture. Blank takes it away. */
export function withAnswer(payload, objectId, chain, question, value) {
  if (objectId === null) return { ...payload, features: putAnswer(payload.features, chain, question, value) };
  return { ...payload, features: payload.features.map((entry) => (entry.id === objectId
    ? { ...entry, nested: putAnswer(entry.nested, chain, question, value) } : entry)) };
}
