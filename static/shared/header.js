// The parts of the labelers' header that act: theme button and the person's menu.

function keep(theme) {
  try {
    localStorage.setItem('adminTheme', JSON.stringify(theme));
  } catch {
    // Then the choice lasts for this page only.
  }
}

function toggleTheme() {
  const isDark = document.documentElement.classList.toggle('dark');
  keep(isDark ? 'dark' : 'light');
}

function closeOnLeave(menu) {
  document.addEventListener('click', (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}

for (const button of document.querySelectorAll('[data-theme-button]')) button.addEventListener('click', toggleTheme);
for (const menu of document.querySelectorAll('details[data-menu]')) closeOnLeave(menu);
