// Runs before the first paint, so it is a plain script and blocks: a page that flashes white at night hurts.
// The key, its quoted value and the class are the admin theme's own, so that both worlds show one theme.
(() => {
  let choice = 'auto';
  try {
    choice = JSON.parse(localStorage.getItem('adminTheme')) || 'auto';
  } catch {
    // A browser that keeps nothing still gets the system's theme.
  }
  const isDark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', isDark);
})();
