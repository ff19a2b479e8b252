// The sign of a class: its shape in its colour. Colour is never the only sign.
import { icon } from '../../../shared/dom.js';

export function classSign(feature) {
  const sign = icon(feature?.kind || 'help', 'sign');
  sign.style.setProperty('--c', feature?.color || 'currentColor');
  return sign;
}
