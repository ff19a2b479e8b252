// Draws the objects of a row. All shapes stand still in one <svg>; the one in work is drawn in a second, nearly empty
// one, so that a drag repaints a single shape. Names lie above both, handles above all; only the selected shape has them.
import { svg } from '../../shared/dom.js';
import { boundsOf, handlesOf, ringsOf } from './geometry.js';
import { namesOf, objectsOf } from './payload.js';
import { paintOf } from './ontology.js';
import { placeTags, tagWidth } from './tags.js';

const UNKNOWN = { ...paintOf('#BB5555'), dash: 'dotted' };
// White above black is seen on every picture.
const KNOWN = { ...paintOf('#FFFFFF'), isDark: false, dash: 'dashed' };
const text = (points) => points.map((point) => point.join(',')).join(' ');

function pathOf(kind, value, isClosed) {
  return ringsOf(value).map((ring) => `M${text(ring)}${isClosed ? 'Z' : ''}`).join('');
}

function outline(kind, value, className) {
  if (kind === 'box') {
    const [x0, y0, x1, y1] = value;
    return svg('rect', { class: className, x: x0, y: y0, width: Math.max(x1 - x0, 0), height: Math.max(y1 - y0, 0) });
  }
  if (kind === 'point') return svg('circle', { class: className, cx: value[0], cy: value[1] });
  return svg('path', { class: className, d: pathOf(kind, value, kind === 'polygon') });
}

/** The two strokes of a shape: a dark or white one below, the class colour above. */
function drawShape(kind, value, paint, className = '') {
  const group = svg('g', { class: `shape shape--${kind} ${paint.isDark ? 'shape--dark' : ''} shape--${paint.dash} ${className}` },
    outline(kind, value, 'shape__under'), outline(kind, value, 'shape__over'));
  group.style.setProperty('--c', paint.color);
  return group;
}

// Sizes come from --s in the style sheet; a transform for each tag would cost every frame of a pan.
function drawTag(name, paint, [x, y]) {
  const label = svg('text', { x, y, dx: '.55em', dy: '1.18em' }, name);
  label.style.fill = paint.tagText;
  const ground = svg('rect', { x, y });
  ground.style.setProperty('--w', `${tagWidth(name)}px`);
  ground.style.fill = paint.color;
  return svg('g', { class: 'tag' }, ground, label);
}

function drawHandles(kind, value, vertex) {
  return handlesOf(kind, value).map((handle) => {
    const isChosen = vertex?.name === handle.name;
    return svg('g', { class: `handle ${isChosen ? 'handle--chosen' : ''}`, 'data-handle': handle.name, transform: `translate(${handle.at.join(' ')})` },
      svg('rect', { class: 'handle__body', x: -4, y: -4, width: 8, height: 8, rx: kind === 'box' ? 1 : 4 }));
  });
}

/** `still`, `known`, `work`, `tags` and `handles` are the five layers, lowest first; `known` holds the answer that a
    practised row is compared with. */
export function createShapes({ still, known, work, tags, handles, viewport }) {
  const drawn = new Map();
  const tagged = new Map();
  let covered = null;
  let drawnState = null;

  const paintFor = (state, object) => state.ontology.byUid.get(object.feature)?.color ? state.ontology.byUid.get(object.feature) : UNKNOWN;

  function drawStill(state) {
    const objects = objectsOf(state.payload);
    const alive = new Set(objects.map((object) => object.id));
    for (const [id, entry] of drawn) if (!alive.has(id)) { entry.group.remove(); drawn.delete(id); }
    let last = null;
    for (const object of objects) {
      let entry = drawn.get(object.id);
      if (!entry || entry.value !== object.value || entry.feature !== object.feature) {
        entry?.group.remove();
        const group = drawShape(object.kind, object.value, paintFor(state, object));
        group.dataset.object = object.id;
        entry = { group, value: object.value, feature: object.feature };
        drawn.set(object.id, entry);
      }
      if ((last ? last.nextSibling : still.firstChild) !== entry.group) still.insertBefore(entry.group, last ? last.nextSibling : still.firstChild);
      last = entry.group;
    }
  }

  // A name stands at the beginning of a line, whose bounds are mostly empty. A point is drawn larger than it is; its name
  // keeps clear of the circle.
  function room(object) {
    const isLine = object.kind === 'polyline';
    const [x0, y0, x1, y1] = isLine ? boundsOf('point', object.value[0]) : boundsOf(object.kind, object.value);
    const around = object.kind === 'point' || isLine ? viewport.reach(isLine ? 4 : 8) : 0;
    return [x0 - around, y0 - around, x1 + around, y1 + around];
  }

  function drawTags(state) {
    const isShown = state.names && !state.hidden;
    const names = namesOf(state.ontology, state.payload);
    const objects = isShown ? objectsOf(state.payload).filter((object) => state.work?.id !== object.id) : [];
    const items = objects.map((object) => ({ id: object.id, text: names.get(object.id), bounds: room(object) }));
    items.sort((a, b) => (b.id === state.selected) - (a.id === state.selected));
    const places = placeTags(items, viewport.scale, -viewport.toStage([0, 0])[1]);
    const alive = new Set();
    for (const object of objects.filter((one) => places.has(one.id))) {
      const [x, y] = places.get(object.id);
      const mark = `${names.get(object.id)} ${object.feature} ${x} ${y}`;
      alive.add(object.id);
      const kept = tagged.get(object.id);
      if (kept?.mark === mark) continue;
      const node = drawTag(names.get(object.id), paintFor(state, object), [x, y]);
      if (kept) kept.node.replaceWith(node);
      else tags.append(node);
      tagged.set(object.id, { node, mark });
    }
    for (const [id, { node }] of tagged) if (!alive.has(id)) { node.remove(); tagged.delete(id); }
  }

  /** Hides the still copy of what the upper layer draws. */
  function cover(id) {
    if (covered !== id) drawn.get(covered)?.group.classList.remove('is-covered');
    drawn.get(id)?.group.classList.add('is-covered');
    covered = id;
  }

  /** state.work: {id | null, kind, value, feature, isOpen} while something is drawn or dragged. */
  function drawWork(state) {
    const shown = [];
    const grips = [];
    const selected = state.payload.features.find((entry) => entry.id === state.selected);
    const inWork = state.work;
    if (inWork) {
      shown.push(drawShape(inWork.kind, inWork.value, paintFor(state, inWork), 'is-selected is-work'));
      if (inWork.isOpen || inWork.id) grips.push(...drawHandles(inWork.kind, inWork.value, null));
    } else if (selected && !state.hidden) {
      shown.push(drawShape(selected.kind, selected.value, paintFor(state, selected), 'is-selected'));
      if (!state.isReadOnly) grips.push(...drawHandles(selected.kind, selected.value, state.vertex));
    }
    work.replaceChildren(...shown);
    handles.replaceChildren(...grips);
    cover(inWork?.id || (!state.hidden && selected?.id) || null);
  }

  function drawKnown({ practised, isKnownHidden }) {
    const objects = practised && !isKnownHidden ? objectsOf(practised.known) : [];
    known.replaceChildren(...objects.map((object) => drawShape(object.kind, object.value, KNOWN, 'shape--known')));
  }

  return {
    setSize({ width, height }) {
      for (const layer of [still, known, work, tags, handles]) {
        layer.setAttribute('width', width);
        layer.setAttribute('height', height);
      }
    },
    render(state, isSettled = false) {
      const before = drawnState;
      drawnState = state;
      const isNew = !before || before.payload !== state.payload || before.ontology !== state.ontology;
      if (isNew) drawStill(state);
      const tagsChange = isNew || isSettled || before.names !== state.names || before.hidden !== state.hidden || before.work?.id !== state.work?.id || before.selected !== state.selected;
      if (tagsChange) drawTags(state);
      if (before?.practised !== state.practised || before?.isKnownHidden !== state.isKnownHidden) drawKnown(state);
      still.classList.toggle('is-hidden', Boolean(state.hidden));
      if (isNew || before.work !== state.work || before.selected !== state.selected || before.hidden !== state.hidden
        || before.vertex !== state.vertex || before.isReadOnly !== state.isReadOnly) drawWork(state);
    },
  };
}
