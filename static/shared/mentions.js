// Naming somebody in a text: "@" and some letters offer people, teams and roles that may read it; the chosen one stands in
// the text as "@Name". Whoever's name was deleted again is named no more.
import { el } from './dom.js';
import { readJson } from './http.js';

const WORD = /(^|\s)@([^\s@][^@\n]{0,40}|)$/u;
const WAIT_MS = 150;
const KINDS = { people: 'person', teams: 'team', roles: 'role' };

/** What is offered, as one list of {kind, which, name}. */
function flat(answer) {
  return Object.entries(KINDS).flatMap(([list, kind]) => (answer[list] || []).map((one) => ({ kind, which: one.uid || one.role, name: one.name })));
}

/** `field` is a textarea or an input, `address()` where the list comes from. Returns what to send: [{person: uid}, …]. */
export function bindMentions(field, address) {
  const list = el('ul', { class: 'cl-mentions', role: 'listbox', 'aria-label': 'Name somebody', hidden: true });
  const picked = new Map();
  let offered = [];
  let at = 0;
  let timer = null;
  let asked = 0;
  field.after(list);

  const typed = () => WORD.exec(field.value.slice(0, field.selectionStart));
  const close = () => {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    offered = [];
  };

  function choose(one) {
    const [, , words] = typed() || [];
    if (words === undefined) return close();
    const end = field.selectionStart;
    const before = field.value.slice(0, end - words.length);
    picked.set(`${one.kind}:${one.which}`, one);
    field.value = `${before}${one.name} ${field.value.slice(end)}`;
    field.setSelectionRange(before.length + one.name.length + 1, before.length + one.name.length + 1);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    return close();
  }

  function show() {
    list.hidden = !offered.length;
    list.replaceChildren(...offered.map((one, place) => el('li', { role: 'option', class: 'cl-mentions__one', 'aria-selected': place === at ? 'true' : 'false', 'data-mention': `${one.kind}:${one.which}`,
      on: { pointerdown: (event) => { event.preventDefault(); choose(one); } } }, one.kind === 'role' ? `any ${one.name}` : one.name)));
  }

  async function ask(words) {
    const mine = asked += 1;
    try {
      const answer = await readJson(`${address()}?words=${encodeURIComponent(words)}`);
      if (mine !== asked) return;
      offered = flat(answer);
      at = 0;
      show();
    } catch {
      if (mine === asked) close();
    }
  }

  function look() {
    const found = typed();
    clearTimeout(timer);
    if (!found || !address()) return close();
    timer = setTimeout(() => ask(found[2].trim()), WAIT_MS);
    return undefined;
  }

  field.addEventListener('input', look);
  field.addEventListener('blur', close);
  field.addEventListener('keydown', (event) => {
    if (list.hidden || event.isComposing) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      at = (at + steps[event.key] + offered.length) % offered.length;
      show();
    } else if (event.key === 'Enter' || event.key === 'Tab') choose(offered[at]);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });

  return () => [...picked.values()].filter((one) => field.value.includes(`@${one.name}`)).map((one) => ({ [one.kind]: one.which }));
}
