// Left side: tools and classes with their keys, and how the picture is shown.
import { el, icon, keyCap, placeKeepingFocus } from '../../../shared/dom.js';
import { isShape } from '../ontology.js';
import { classSign } from './sign.js';

const TOOLS = [['select', 'Select', 'V'], ['box', 'Box', 'B'], ['polygon', 'Polygon', 'P'], ['polyline', 'Line', 'L'], ['point', 'Point', 'O'],
  ['pan', 'Pan', 'Space'], ['ask', 'Ask about a spot', 'I']];
const ICONS = { ask: 'pin' };

function toolButton([name, label, cap], state, acts) {
  return el('button', { type: 'button', class: 'tool', 'data-tool': name, 'data-focus': `tool ${name}`, 'aria-pressed': String(state.tool === name),
    disabled: isShape(name) && state.isReadOnly, title: `${label} (${cap})`, on: { click: () => acts.choose(name) } },
  icon(ICONS[name] || name), el('span', { class: 'tool__name' }, label), keyCap(cap));
}

function classButton(feature, state, acts) {
  const count = state.payload.features.filter((entry) => entry.feature === feature.uid).length;
  return el('button', { type: 'button', class: 'tool class', 'data-class': feature.uid, 'data-focus': `class ${feature.uid}`, 'aria-pressed': String(state.currentClass === feature.uid),
    disabled: state.isReadOnly, title: feature.definition || feature.name, on: { click: () => acts.class(feature) } },
  classSign(feature), el('span', { class: 'tool__name' }, feature.name),
  el('span', { class: 'class__count', 'data-count': count }, count || '–'), feature.hotkey && keyCap(feature.hotkey.toUpperCase()));
}

export function createToolsPanel({ tools, classes, definition }, { store, acts }) {
  let shown = '';
  return (state) => {
    if (!state.ontology) return;
    const kinds = new Set(state.ontology.classes.map((feature) => feature.kind));
    const offered = TOOLS.filter(([name]) => (isShape(name) ? kinds.has(name) : name !== 'ask' || Boolean(state.row?.urls.open_issue)));
    const counts = state.ontology.classes.map((feature) => state.payload.features.filter((entry) => entry.feature === feature.uid).length);
    const signature = JSON.stringify([state.row?.slot.uid, state.tool, state.currentClass, state.isReadOnly, counts, offered.length]);
    if (signature === shown) return;
    shown = signature;
    placeKeepingFocus(tools, offered.map((tool) => toolButton(tool, store.state, acts)));
    placeKeepingFocus(classes, state.ontology.classes.map((feature) => classButton(feature, store.state, acts)));
    const current = state.ontology.byUid.get(state.currentClass);
    definition.hidden = !current?.definition;
    definition.replaceChildren(...(current?.definition ? [el('h2', {}, current.name), el('p', {}, current.definition)] : []));
  };
}

const KEPT = 'crewline-picture';
const signed = (number) => (number > 0 ? `+${number}` : number < 0 ? `−${-number}` : '0');

/** Brightness, contrast and fill belong to the person's screen, so the browser keeps them. */
export function createPicturePanel(root, { store, plane }) {
  const sliders = [...root.querySelectorAll('[data-slider]')];

  function apply() {
    const value = (name) => Number(sliders.find((slider) => slider.dataset.slider === name).value);
    plane.style.setProperty('--picture-filter', value('brightness') || value('contrast')
      ? `brightness(${1 + value('brightness') / 100}) contrast(${1 + value('contrast') / 100})` : 'none');
    plane.style.setProperty('--fill', value('fill') / 100);
    for (const slider of sliders) {
      const text = slider.dataset.slider === 'fill' ? `${slider.value} %` : signed(Number(slider.value));
      root.querySelector(`[data-slider-value="${slider.dataset.slider}"]`).textContent = text;
      slider.style.setProperty('--at', `${((slider.value - slider.min) / (slider.max - slider.min)) * 100}%`);
    }
  }

  function restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT)) || {};
      for (const slider of sliders) if (slider.dataset.slider in kept) slider.value = kept[slider.dataset.slider];
    } catch {
      // The defaults of the page serve.
    }
  }

  for (const slider of sliders) {
    slider.addEventListener('input', () => {
      apply();
      try {
        localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(sliders.map((one) => [one.dataset.slider, Number(one.value)]))));
      } catch {
        // Then they last for this page.
      }
    });
    slider.addEventListener('dblclick', () => {
      slider.value = slider.defaultValue;
      slider.dispatchEvent(new Event('input'));
    });
  }
  restore();
  apply();
  const switches = [['objects', 'hidden', true], ['names', 'names', false]].map(([name, key, isInverse]) => [root.querySelector(`[data-act="${name}"]`), key, isInverse]);
  return (state) => switches.forEach(([button, key, isInverse]) => button.setAttribute('aria-pressed', String(Boolean(state[key]) !== isInverse)));
}
