// Pins on the picture, and the place of the popover beside the open one. Pins keep their size at every zoom.
import { el, svg } from '../../shared/dom.js';
import { boundsOf } from './geometry.js';
import { objectOf } from './payload.js';
import { placePopover } from './placement.js';

const HANDLE = 8;
const PIN_MIDDLE = 20;
const isPlaced = ({ pin }) => Boolean(pin) && 'x' in pin;
const between = (number, low, high) => Math.min(Math.max(number, low), high);

export function createIssuePins({ overlay, stage, popover }, { store, viewport }) {
  const joint = svg('line', { class: 'issue-line' });
  const pins = el('div', {});
  const boxes = svg('g', {});
  overlay.append(svg('svg', { class: 'issue-lines', 'aria-hidden': 'true' }, boxes, joint), pins, popover);

  const pinned = ({ issues, newIssue }) => [...issues.filter(isPlaced),
    ...(newIssue ? [{ uid: 'new', number: '?', text: 'new', pin: newIssue.pin }] : [])];

  function pin(issue) {
    const toggle = () => store.set({ openIssue: store.state.openIssue === issue.uid ? null : issue.uid, newIssue: null });
    return el('button', { type: 'button', class: 'pin', 'data-pin': issue.uid, 'data-over-stage': true,
      'aria-label': `Issue ${issue.number}: ${issue.text}`, on: { click: toggle } }, el('span', {}, issue.number));
  }

  /** The selected object with its handles, in pixels of the stage: the popover never covers it. */
  function selectedArea(state) {
    const selected = objectOf(state.payload, state.selected);
    if (!selected) return null;
    const [x0, y0, x1, y1] = boundsOf(selected.kind, selected.value);
    const [left, top] = viewport.toStage([x0, y0]);
    const [right, bottom] = viewport.toStage([x1, y1]);
    return [left - HANDLE, top - HANDLE, right + HANDLE, bottom + HANDLE];
  }

  function placeOpen(state, open) {
    const at = isPlaced(open) ? viewport.toStage([open.pin.x, open.pin.y]) : [stage.clientWidth, 0];
    const size = { width: popover.offsetWidth, height: popover.offsetHeight };
    const spot = placePopover(at, size, { width: stage.clientWidth, height: stage.clientHeight }, selectedArea(state));
    popover.style.left = `${spot.x}px`;
    popover.style.top = `${spot.y}px`;
    if (!spot.needsLine || !isPlaced(open)) return;
    joint.toggleAttribute('hidden', false);
    const end = [between(at[0], spot.x, spot.x + size.width), between(at[1], spot.y, spot.y + size.height)];
    const ends = { x1: at[0], y1: at[1] - PIN_MIDDLE, x2: end[0], y2: end[1] };
    for (const [name, value] of Object.entries(ends)) joint.setAttribute(name, value);
  }

  /** The boxes that issues are about, and the one being drawn. */
  function placeBoxes(state) {
    const found = pinned(state).filter((issue) => issue.pin.w);
    if (state.askBox) found.push({ uid: 'drawn', pin: state.askBox });
    boxes.replaceChildren(...found.map(({ uid, pin: { x, y, w, h } }) => {
      const [left, top] = viewport.toStage([x, y]);
      const [right, bottom] = viewport.toStage([x + w, y + h]);
      return svg('rect', { class: 'issue-box', 'data-issue-box': uid, x: left, y: top, width: right - left, height: bottom - top });
    }));
  }

  return {
    draw: (state) => pins.replaceChildren(...pinned(state).map(pin)),
    place() {
      const { state } = store;
      placeBoxes(state);
      for (const issue of pinned(state)) {
        const [x, y] = viewport.toStage([issue.pin.x, issue.pin.y]);
        const node = pins.querySelector(`[data-pin="${CSS.escape(issue.uid)}"]`);
        if (node) node.style.transform = `translate(${x}px, ${y}px)`;
      }
      joint.toggleAttribute('hidden', true);
      const open = state.newIssue || state.issues.find((one) => one.uid === state.openIssue);
      if (open) placeOpen(state, open);
    },
  };
}
