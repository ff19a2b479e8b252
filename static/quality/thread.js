// Forms of a thread: naming somebody with @. Bound when first used, because the thread is swapped while it is open.
import { bindMentions } from '../shared/mentions.js';
import { el } from '../shared/dom.js';

const bound = new WeakMap();

document.addEventListener('focusin', ({ target }) => {
  const form = target.closest?.('form[data-mentions]');
  if (form && target.matches('textarea, input[type="text"]') && !bound.has(form)) bound.set(form, bindMentions(target, () => form.dataset.mentions));
});

document.addEventListener('submit', ({ target: form }) => {
  const mentions = bound.get(form);
  if (!mentions) return;
  for (const old of form.querySelectorAll('input[name="mention"]')) old.remove();
  for (const one of mentions()) {
    const [[kind, which]] = Object.entries(one);
    form.append(el('input', { type: 'hidden', name: 'mention', value: `${kind}:${which}` }));
  }
});
