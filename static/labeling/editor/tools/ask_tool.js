// Ask about a spot: a click sets the pin of a new issue, a drag its box. On the selected object it is about the object.
import { boundsOf, boxBetween, insidePicture } from '../geometry.js';
import { objectOf } from '../payload.js';

const LEAST = 4;
const pinOf = ([x0, y0, x1, y1]) => ({ x: x0, y: y0, w: x1 - x0, h: y1 - y0 });

export function createAskTool({ store, viewport }) {
  let start = null;
  const at = (p) => insidePicture(p, viewport.size);
  const isBox = (box) => box[2] - box[0] > viewport.reach(LEAST) && box[3] - box[1] > viewport.reach(LEAST);

  /** The id of the selected object when the spot is on it, else nothing. */
  function objectAt([x, y]) {
    const object = objectOf(store.state.payload, store.state.selected);
    if (!object) return '';
    const [x0, y0, x1, y1] = boundsOf(object.kind, object.value);
    const reach = viewport.reach(LEAST);
    return x >= x0 - reach && x <= x1 + reach && y >= y0 - reach && y <= y1 + reach ? object.id : '';
  }

  function ask(pin, objectId) {
    start = null;
    store.set({ newIssue: { pin, objectId }, askBox: null, openIssue: null, tool: store.state.toolBefore || 'select' });
  }

  function cancel() {
    if (!start) return false;
    start = null;
    store.set({ askBox: null });
    return true;
  }

  return {
    name: 'ask',
    cursor: () => 'crosshair',
    down(p) {
      start = at(p);
    },
    move(p) {
      if (!start) return;
      const box = boxBetween(start, at(p));
      store.set({ askBox: isBox(box) ? pinOf(box) : null });
    },
    up(p) {
      const [x, y] = at(p);
      const box = start && boxBetween(start, [x, y]);
      if (box && isBox(box)) ask(pinOf(box), '');
      else ask({ x, y }, objectAt([x, y]));
    },
    /** By keyboard: the selected object, or the middle of the view. */
    finish() {
      const object = objectOf(store.state.payload, store.state.selected);
      const [x0, y0, x1, y1] = object ? boundsOf(object.kind, object.value) : [...viewport.middle().at, ...viewport.middle().at];
      const [x, y] = at([(x0 + x1) / 2, (y0 + y1) / 2]);
      ask({ x, y }, object?.id || '');
      return true;
    },
    cancel,
    interrupt: cancel,
  };
}
