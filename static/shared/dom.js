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

/** Sets a text only when it is another one, so that nothing is laid out anew for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function place(node, children) {
  let next = node.firstChild;
  for (const child of children.filter(Boolean)) {
    if (child === next) next = next.nextSibling;
    else node.insertBefore(child, next);
  }
  while (next) {
    const rest = next.nextSibling;
    next.remove();
    next = rest;
  }
}

/**
 * Makes `children` the children, leaving those that are there already where they stand, and gives the focus back to the
 * element with the same `data-focus`, caret included.
 */
export function placeKeepingFocus(node, children) {
  const active = document.activeElement;
  const mark = node.contains(active) ? active.dataset.focus : null;
  const caret = mark && typeof active.selectionStart === 'number' ? [active.selectionStart, active.selectionEnd] : null;
  place(node, children);
  if (!mark || document.activeElement === active) return;
  const again = node.querySelector(`[data-focus="${CSS.escape(mark)}"]`);
  again?.focus({ preventScroll: true });
  if (again && caret && typeof again.selectionStart === 'number') again.setSelectionRange(...caret);
}
