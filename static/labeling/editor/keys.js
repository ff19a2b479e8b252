// Every key of the editor in one list: the keyboard, the sheet behind "?" and the bar below read it.
// `single` marks keys that work without Ctrl and can be switched off.

const key = (id, combos, caps, text, group, single = true) => ({ id, combos, caps, text, group, single });

export const KEYS = [
  key('tool:select', ['v'], 'V', 'select, move, reshape', 'Tools'),
  key('tool:box', ['b'], 'B', 'box', 'Tools'),
  key('tool:polygon', ['p'], 'P', 'polygon', 'Tools'),
  key('tool:polyline', ['l'], 'L', 'line', 'Tools'),
  key('tool:point', ['o'], 'O', 'point', 'Tools'),
  key('tool:ask', ['i'], 'I', 'ask about a spot', 'Tools'),
  key('pan', [' '], 'Space', 'move the picture while held', 'Tools'),
  key('class', [], '1–9', 'class', 'Tools'),
  key('answer', [], 'Q W E', 'answer the open question', 'Objects and answers'),
  key('end-list', [], 'Enter', 'with a list in hand: on to the next question', 'Objects and answers', false),
  key('next-object', ['n'], 'N', 'next object', 'Objects and answers'),
  key('previous-object', ['shift+n'], 'Shift N', 'object before', 'Objects and answers'),
  key('zoom-object', ['z'], 'Z', 'zoom to object', 'Objects and answers'),
  key('next-corner', ['.'], '.', 'next corner', 'Objects and answers'),
  key('previous-corner', [','], ',', 'corner before', 'Objects and answers'),
  key('add-corner', [], 'Enter', 'with a corner chosen: add one after it', 'Objects and answers', false),
  key('remove', ['delete'], 'Del', 'remove object or corner', 'Objects and answers', false),
  key('nudge', ['arrowleft', 'arrowright', 'arrowup', 'arrowdown'], '← ↑ ↓ →', 'move object or corner by 1 px', 'Objects and answers', false),
  key('nudge-far', ['shift+arrowleft', 'shift+arrowright', 'shift+arrowup', 'shift+arrowdown'], 'Shift ←', 'move it by 10 px', 'Objects and answers', false),
  key('finish', ['enter'], 'Enter', 'close the outline, end the line; with nothing open: place a shape in the middle', 'While drawing', false),
  key('take-back', ['backspace'], 'Backspace', 'take back the last point', 'While drawing', false),
  key('cancel', ['escape'], 'Esc', 'give up, leave the corner, deselect, close', 'While drawing', false),
  key('undo', ['ctrl+z'], 'Ctrl Z', 'undo', 'Work', false),
  key('redo', ['ctrl+shift+z', 'ctrl+y'], 'Shift Ctrl Z', 'redo', 'Work', false),
  key('submit', ['ctrl+enter'], 'Ctrl Enter', 'submit', 'Work', false),
  key('skip', ['s'], 'S', 'skip with a reason', 'Work'),
  key('approve', ['a'], 'A', 'approve', 'Review'),
  key('fix', ['f'], 'F', 'fix', 'Review'),
  key('send-back', ['r'], 'R', 'send back', 'Review'),
  key('fit', ['0'], '0', 'fit the picture', 'Picture'),
  key('zoom-in', ['+', '='], '+', 'zoom in', 'Picture'),
  key('zoom-out', ['-'], '−', 'zoom out', 'Picture'),
  key('objects', ['h'], 'H', 'hide or show objects', 'Picture'),
  key('names', ['t'], 'T', 'hide or show names', 'Picture'),
  key('keys', ['?'], '?', 'all keys', 'Picture'),
];

/** "ctrl+shift+z", "v", "?" of a keyboard event; letters by their place when the layout has no Latin ones. */
export function comboOf(event) {
  let name = event.key.toLowerCase();
  if (name.length === 1 && name > '~' && /^Key[A-Z]$/.test(event.code)) name = event.code[3].toLowerCase();
  if (name === 'backspace' && event.metaKey) name = 'delete';
  const isSign = name.length === 1 && !/[a-z]/.test(name);
  return [(event.ctrlKey || event.metaKey) && 'ctrl', event.shiftKey && !isSign && 'shift', name].filter(Boolean).join('+');
}

export const commandFor = (combo) => KEYS.find((entry) => entry.combos.includes(combo)) || null;

const BARS = {
  drawing: ['finish', 'take-back', 'cancel', 'undo', 'fit'],
  readonly: ['approve', 'fix', 'send-back', 'next-object', 'zoom-object', 'objects', 'names', 'tool:ask'],
  fixing: ['class', 'tool:box', 'tool:polygon', 'next-object', 'next-corner', 'remove', 'undo', 'zoom-object', 'send-back'],
  label: ['class', 'tool:box', 'tool:polygon', 'next-object', 'next-corner', 'answer', 'remove', 'undo', 'zoom-object', 'tool:ask'],
  practised: ['next-object', 'previous-object', 'zoom-object', 'objects', 'names', 'fit'],
  corner: ['next-corner', 'previous-corner', 'nudge', 'nudge-far', 'add-corner', 'remove', 'undo'],
};
const SHORT = { 'tool:ask': 'ask', finish: 'close', 'take-back': 'last point', cancel: 'give up', remove: 'remove', objects: 'objects', names: 'names',
  'zoom-object': 'zoom to object', 'add-corner': 'add a corner', nudge: '1 px', 'nudge-far': '10 px', answer: 'answer', fit: 'fit' };

/** At most ten keys for the state at hand: {caps, text}. `isOffered(id)` leaves out what this project has no use for. */
export function barKeys(situation, isOffered) {
  return BARS[situation].filter(isOffered).slice(0, 10)
    .map((id) => KEYS.find((entry) => entry.id === id))
    .map((entry) => ({ id: entry.id, caps: entry.caps, text: SHORT[entry.id] || entry.text }));
}
