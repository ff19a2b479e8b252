// Ask about a spot: a click sets the pin of a new issue.
import { insidePicture } from '../geometry.js';

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
    cancel: () => false,
  };
}
