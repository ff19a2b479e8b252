// Where an issue's popover goes: near its pin, inside the stage, never over the selected object. Pure.
import { overlaps } from './geometry.js';

const GAP = 14;
const EDGE = 8;
const RISE = 24;

/**
 * pin [x, y], size {width, height}, stage {width, height}, avoid [x0, y0, x1, y1] or null, in pixels of the stage.
 * Gives {x, y, needsLine}: a thin line joins pin and popover when it cannot stand next to the pin.
 */
export function placePopover(pin, size, stage, avoid) {
  const inside = ([x, y]) => [
    Math.min(Math.max(x, EDGE), Math.max(stage.width - size.width - EDGE, EDGE)),
    Math.min(Math.max(y, EDGE), Math.max(stage.height - size.height - EDGE, EDGE)),
  ];
  const box = ([x, y]) => [x, y, x + size.width, y + size.height];
  const near = [pin[0] - GAP, pin[1] - RISE - GAP, pin[0] + GAP, pin[1] + GAP];
  const middle = pin[0] - size.width / 2;
  const next = [
    [middle, pin[1] - RISE - GAP - size.height], [middle, pin[1] + GAP],
    [pin[0] + GAP * 2, pin[1] - size.height / 2], [pin[0] - GAP * 2 - size.width, pin[1] - size.height / 2],
  ];
  const far = avoid ? [
    [middle, avoid[1] - size.height - GAP], [middle, avoid[3] + GAP],
    [avoid[2] + GAP, pin[1] - size.height / 2], [avoid[0] - size.width - GAP, pin[1] - size.height / 2],
    [stage.width, 0], [0, 0], [stage.width, stage.height], [0, stage.height],
  ] : [];
  const isClear = (place) => !(avoid && overlaps(box(place), avoid)) && !overlaps(box(place), near);
  const isWhole = (place) => inside(place).every((part, axis) => Math.abs(part - place[axis]) < size.width);
  const direct = next.filter(isWhole).map(inside).find(isClear);
  if (direct) return { x: direct[0], y: direct[1], needsLine: Math.abs(direct[1] + size.height - (pin[1] - RISE - GAP)) > GAP && Math.abs(direct[1] - pin[1]) > GAP * 2 };
  const apart = far.map(inside).find(isClear) || inside(next[0]);
  return { x: apart[0], y: apart[1], needsLine: true };
}
