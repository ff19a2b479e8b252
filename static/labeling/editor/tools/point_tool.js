// A single place in the picture.
import { insidePicture } from '../geometry.js';
import { withObject } from '../payload.js';

export function createPointTool({ store, viewport, currentClass }) {
  function down(p) {
    const feature = currentClass('point');
    if (!feature) return;
    const [payload, id] = withObject(store.state.payload, feature, insidePicture(p, viewport.size));
    store.edit(payload, { selected: id, vertex: null });
  }

  function finish() {
    down(viewport.middle().at);
    return true;
  }

  return { name: 'point', cursor: () => 'crosshair', down, move: () => {}, up: () => {}, finish, cancel: () => false };
}
