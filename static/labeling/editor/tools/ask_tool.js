// Ask about a spot: a click sets the pin of a new issue.
import { boundsOf, insidePicture } from '../geometry.js';
import { objectOf } from '../payload.js';

export function createAskTool({ store, viewport }) {
  return {
    name: 'ask',
    cursor: () => 'crosshair',
    down: () => {},
    move: () => {},
    up(p) {
      const [x, y] = insidePicture(p, viewport.size);
      store.set({ newIssue: { pin: { x, y } }, openIssue: null, tool: store.state.toolBefore || 'select' });
    },
    /** By keyboard: in the middle of the selected object, or of the view. */
    finish() {
      const object = objectOf(store.state.payload, store.state.selected);
      const [x0, y0, x1, y1] = object ? boundsOf(object.kind, object.value) : [...viewport.middle().at, ...viewport.middle().at];
      this.up([(x0 + x1) / 2, (y0 + y1) / 2]);
      return true;
    },
    cancel: () => false,
  };
}
