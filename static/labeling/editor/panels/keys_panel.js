// The bar at the bottom: at most ten keys for the state at hand, and whether the page is live.
import { el, keyCap, setText } from '../../../shared/dom.js';
import { shortClock } from '../../../shared/time.js';
import { answerKeys } from '../ontology.js';
import { questionInHand } from '../answers.js';
import { cornersOf } from '../geometry.js';
import { barKeys } from '../keys.js';
import { objectOf } from '../payload.js';

function situationOf(state) {
  if (state.outline) return 'drawing';
  if (state.vertex && !state.isReadOnly) return 'corner';
  if (state.mode === 'practised') return 'practised';
  if (state.mode !== 'review') return 'label';
  return state.isFixing ? 'fixing' : 'readonly';
}

export function createKeysPanel({ list, live }, { isOn }) {
  let shown = '';

  function caps(entry, state, inHand) {
    if (entry.id === 'answer') return inHand ? answerKeys(inHand.question).slice(0, 3).map((one) => one.toUpperCase()).join(' ') : entry.caps;
    if (entry.id === 'class') return state.ontology.classes.length > 1 ? `1–${Math.min(state.ontology.classes.length, 9)}` : '1';
    return entry.caps;
  }

  return (state) => {
    live.dataset.state = state.live.state;
    setText(live, state.live.state === 'live' ? 'Live' : state.live.since ? `Not live since ${shortClock(state.live.since)}` : 'Not live');
    if (!state.ontology) return;
    const asked = questionInHand(state);
    const inHand = asked?.question.options ? asked : null;
    const selected = objectOf(state.payload, state.selected);
    const kinds = new Set(state.ontology.classes.map((feature) => feature.kind));
    const isOffered = (id) => {
      if (id === 'answer') return Boolean(inHand);
      if (id === 'next-corner') return Boolean(selected && cornersOf(selected.kind, selected.value).length);
      if (id === 'add-corner') return selected?.kind !== 'box';
      if (id === 'tool:ask') return Boolean(state.row?.urls.open_issue);
      return !['tool:box', 'tool:polygon'].includes(id) || kinds.has(id.slice(5));
    };
    const keys = barKeys(situationOf(state), isOffered).map((entry) => ({ ...entry, caps: caps(entry, state, inHand) }));
    const signature = JSON.stringify([keys, isOn()]);
    if (signature === shown) return;
    shown = signature;
    list.replaceChildren(...keys.map((entry) => el('li', { 'data-key': entry.id }, keyCap(entry.caps), entry.text)));
  };
}
