// Building elements without markup strings: text can never become markup, and the strict policy has nothing to refuse.

const SVG = 'http://www.w3.org/2000/svg';
const icons = () => document.body.dataset.icons || '/static/icons.svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === 'value' || name === 'checked') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element; `on` holds listeners, false and null attributes and children are left out. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function icon(name, className = '') {
  return svg('svg', { class: `cl-icon ${className}`.trim(), 'aria-hidden': 'true' }, svg('use', { href: `${icons()}#i-${name}` }));
}

export function keyCap(text) {
  return el('kbd', { class: 'cl-key' }, text);
}

/** Replaces the children and gives the focus back to the element with the same `data-focus`, caret included. */
export function replaceKeepingFocus(node, ...children) {
  const active = document.activeElement;
  const mark = node.contains(active) ? active.dataset.focus : null;
  const caret = mark && typeof active.selectionStart === 'number' ? [active.selectionStart, active.selectionEnd] : null;
  node.replaceChildren(...children.flat().filter(Boolean));
  if (!mark) return;
  const next = node.querySelector(`[data-focus="${CSS.escape(mark)}"]`);
  next?.focus({ preventScroll: true });
  if (next && caret && typeof next.selectionStart === 'number') next.setSelectionRange(...caret);
}
