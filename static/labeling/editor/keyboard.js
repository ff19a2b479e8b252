// Keys to acts. Nothing is taken from text fields, and nothing that a button, radio or slider needs for itself.
import { optionForKey, pressed, questionInHand } from './answers.js';
import { commandFor, comboOf } from './keys.js';

const OWN_KEYS = ['enter', ' ', 'escape', 'arrowleft', 'arrowright', 'arrowup', 'arrowdown', 'home', 'end', 'pageup', 'pagedown'];
const isTyping = (target) => target.isContentEditable || target.closest('textarea, select, input:not([type=radio], [type=checkbox], [type=range], [type=button])') !== null;
const isControl = (target) => target.closest('button, a, input, summary, label') !== null;

function isForControl(event) {
  const key = event.key.toLowerCase();
  if (!isControl(event.target)) return false;
  return OWN_KEYS.includes(key) && key !== 'escape' && !event.ctrlKey && !event.metaKey;
}

export function bindKeyboard({ store, acts, setAnswer, isOn, lend }) {
  function takeAnswer(key) {
    const asked = questionInHand(store.state);
    if (!asked || store.state.isReadOnly) return false;
    const index = optionForKey(store.state, asked, key);
    if (index < 0) return false;
    if (asked.question.kind === 'checklist') store.set({ focusedQuestion: asked.key });
    setAnswer(asked, pressed(asked, index));
    return true;
  }

  function takeClass(key) {
    const feature = store.state.ontology?.classes.find((one) => one.hotkey?.toLowerCase() === key);
    if (feature) acts.class(feature);
    return Boolean(feature);
  }

  function takeSingle(combo, event) {
    if (!isOn()) return false;
    const command = commandFor(combo);
    // A command's letter stays its own; an ontology that claims it as well gets the free letters.
    if (command?.single) {
      if (command.id === 'pan') lend(true);
      else return acts[command.id]?.(event) !== false;
      return true;
    }
    return combo.length === 1 && (takeAnswer(combo) || takeClass(combo));
  }

  function down(event) {
    if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector('dialog[open]')) return;
    const combo = comboOf(event);
    const isText = isTyping(event.target);
    if (isText && !['ctrl+enter', 'escape'].includes(combo)) return;
    if (isForControl(event)) return;
    const command = commandFor(combo);
    if (isText && combo === 'escape') {
      event.target.blur();
      return;
    }
    const isTaken = command && !command.single ? acts[command.id]?.(event) !== false : takeSingle(combo, event);
    if (isTaken) event.preventDefault();
  }

  document.addEventListener('keydown', down);
  document.addEventListener('keyup', (event) => event.key === ' ' && lend(false));
  addEventListener('blur', () => lend(false));
}
