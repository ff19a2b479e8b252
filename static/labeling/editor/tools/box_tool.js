// A box between two corners: drag, or click once for each corner, or Enter for one in the middle.
import { boxBetween, insidePicture } from '../geometry.js';
import { withObject } from '../payload.js';

const LEAST = 3;

export function createBoxTool({ store, viewport, currentClass }) {
  let start = null;
  let hasMoved = false;

  const at = (p) => insidePicture(p, viewport.size);
  const show = (p) => store.set({ work: { id: null, kind: 'box', value: boxBetween(start, at(p)), feature: currentClass('box').uid } });

  function add(value) {
    const [payload, id] = withObject(store.state.payload, currentClass('box'), value);
    store.edit(payload, { selected: id, vertex: null, work: null });
  }

  function end(p) {
    const value = boxBetween(start, at(p));
    start = null;
    const isTooSmall = value[2] - value[0] < Math.min(LEAST, viewport.reach(LEAST)) || value[3] - value[1] < Math.min(LEAST, viewport.reach(LEAST));
    if (isTooSmall) store.set({ work: null });
    else add(value);
  }

  /** By keyboard: a box in the middle of the view, to be moved by arrows and typed numbers. */
  function finish() {
    if (start || !currentClass('box')) return false;
    const { at: [x, y], length } = viewport.middle();
    add(boxBetween(at([x - length / 2, y - length / 2]), at([x + length / 2, y + length / 2])));
    return true;
  }

  function down(p) {
    if (!currentClass('box')) return;
    if (start) {
      end(p);
      return;
    }
    start = at(p);
    hasMoved = false;
    store.set({ selected: null, vertex: null });
    show(p);
  }

  function move(p) {
    if (!start) return;
    const [x, y] = at(p);
    hasMoved ||= Math.abs(x - start[0]) > viewport.reach(LEAST) || Math.abs(y - start[1]) > viewport.reach(LEAST);
    show(p);
  }

  function up(p) {
    // A press without movement is the first of two clicks.
    if (start && hasMoved) end(p);
  }

  function cancel() {
    if (!start) return false;
    start = null;
    store.set({ work: null });
    return true;
  }

  return { name: 'box', cursor: () => 'crosshair', down, move, up, hover: move, finish, takeBack: cancel, cancel, interrupt: cancel };
}
