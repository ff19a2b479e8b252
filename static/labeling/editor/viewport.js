// Zoom and pan: one CSS transform on the plane that holds picture and shapes. Shapes read the zoom as --s for their
// line widths; it follows 120 ms after the last step, because a change of it restyles every shape.

const MARGIN = 16;
const SETTLE_MS = 120;
const MOST_ZOOM = 40;

export function createViewport(stage, plane, { onMove = () => {}, onSettle = () => {} } = {}) {
  let size = { width: 1, height: 1 };
  let x = 0;
  let y = 0;
  let scale = 1;
  let isFitted = true;
  let timer = null;

  function settle() {
    clearTimeout(timer);
    timer = null;
    plane.style.setProperty('--s', scale);
    plane.style.willChange = 'auto';
    plane.classList.toggle('is-magnified', scale >= 6);
    onSettle();
  }

  function apply(isGesture) {
    plane.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    onMove();
    if (!isGesture) return settle();
    plane.style.willChange = 'transform';
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLE_MS);
  }

  const fitScale = () => Math.min((stage.clientWidth - 2 * MARGIN) / size.width, (stage.clientHeight - 2 * MARGIN) / size.height);
  const clampScale = (next) => Math.min(Math.max(next, Math.min(fitScale(), 1) / 4), MOST_ZOOM);

  // Part of the picture always stays in sight: nobody has to search for it.
  function keepInSight() {
    const rest = 48;
    x = Math.min(Math.max(x, rest - size.width * scale), stage.clientWidth - rest);
    y = Math.min(Math.max(y, rest - size.height * scale), stage.clientHeight - rest);
  }

  function show([x0, y0, x1, y1], nextScale) {
    scale = clampScale(nextScale);
    x = stage.clientWidth / 2 - ((x0 + x1) / 2) * scale;
    y = stage.clientHeight / 2 - ((y0 + y1) / 2) * scale;
    apply(false);
  }

  function fit() {
    isFitted = true;
    show([0, 0, size.width, size.height], fitScale());
  }

  function zoomAt(factor, [clientX, clientY], isGesture = true) {
    const frame = stage.getBoundingClientRect();
    const next = clampScale(scale * factor);
    x = clientX - frame.left - ((clientX - frame.left - x) / scale) * next;
    y = clientY - frame.top - ((clientY - frame.top - y) / scale) * next;
    scale = next;
    isFitted = false;
    keepInSight();
    apply(isGesture);
  }

  new ResizeObserver(() => (isFitted ? fit() : onMove())).observe(stage);

  return {
    get scale() { return scale; },
    get size() { return size; },
    fit,
    zoomAt,
    setSize(next) {
      size = next;
      fit();
    },
    pan(dx, dy) {
      x += dx;
      y += dy;
      isFitted = false;
      keepInSight();
      apply(true);
    },
    zoomBy(factor) {
      const frame = stage.getBoundingClientRect();
      zoomAt(factor, [frame.left + frame.width / 2, frame.top + frame.height / 2], false);
    },
    /** Fills about half of the view with these bounds. */
    zoomTo([x0, y0, x1, y1]) {
      isFitted = false;
      const wide = Math.max(x1 - x0, 8);
      const high = Math.max(y1 - y0, 8);
      show([x0, y0, x1, y1], Math.min(stage.clientWidth / wide, stage.clientHeight / high, 2 * MOST_ZOOM) / 2);
    },
    toPicture(clientX, clientY) {
      const frame = stage.getBoundingClientRect();
      return [(clientX - frame.left - x) / scale, (clientY - frame.top - y) / scale];
    },
    /** The middle of what is seen, and a length a fifth as wide as the view, in pixels of the picture. */
    middle: () => ({ at: [(stage.clientWidth / 2 - x) / scale, (stage.clientHeight / 2 - y) / scale], length: Math.min(stage.clientWidth, stage.clientHeight) / 5 / scale }),
    /** A place of the picture in pixels of the stage. */
    toStage: ([px, py]) => [x + px * scale, y + py * scale],
    /** A distance on the screen in pixels of the picture. */
    reach: (pixels) => pixels / scale,
  };
}
