// Open points are work: before anything else begins, an outline that is complete is closed, and one that is not stops what
// was asked for, in words. Nothing drops it but Esc.
import { toast } from '../../shared/notice.js';

const NAMES = { polygon: 'an outline', polyline: 'a line' };

export function createDrawing({ store, tools }) {
  const tool = () => tools[store.state.tool];

  /** True when nothing is open any more. Without `refusal` ("Not sent") an incomplete outline stays without a word. */
  function settle(refusal = '') {
    if (!tool().isDrawing) tool().interrupt?.();
    else if (!tool().close()) {
      if (refusal) toast('warn', `${refusal}: ${NAMES[store.state.tool]} is open. Add points and press Enter, or Esc to give it up. Nothing was lost.`);
      return false;
    }
    return true;
  }

  return {
    settle,
    /** Ends presses and drags when the row goes; what is in the state is the state's. */
    leave: () => Object.values(tools).forEach((one) => one.interrupt?.()),
  };
}

/** Open points from the browser as the state takes them; null when the classes have no such shape any more. */
export function restoredOutline(outline, ontology) {
  if (!outline?.points?.length) return null;
  const fits = ontology.byUid.get(outline.feature)?.kind === outline.kind;
  const feature = fits ? outline.feature : ontology.classes.find((one) => one.kind === outline.kind)?.uid;
  return feature ? { ...outline, feature } : null;
}
