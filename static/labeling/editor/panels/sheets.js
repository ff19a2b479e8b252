// On a tablet the side panels are sheets over the picture: one at a time, closed by a touch on the picture.

export function bindSheets(stage) {
  const sheets = { left: document.querySelector('[data-part="left"]'), side: document.querySelector('[data-part="side"]') };
  const buttons = [...document.querySelectorAll('[data-sheet]')];

  function show(name) {
    for (const [key, sheet] of Object.entries(sheets)) sheet.classList.toggle('is-sheet', key === name);
    for (const button of buttons) button.setAttribute('aria-expanded', String(button.dataset.sheet === name));
  }

  for (const button of buttons) button.addEventListener('click', () => show(button.getAttribute('aria-expanded') === 'true' ? null : button.dataset.sheet));
  stage.addEventListener('pointerdown', () => show(null));
  show(null);
  return { show };
}
