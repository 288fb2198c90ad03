/*
 * Sets the colour scheme and the language before the first paint, so that nothing flashes.
 * A classic script in a file of its own, because the page's policy allows no inline script.
 */
(() => {
  const root = document.documentElement;
  let scheme = 'auto';
  let locale = null;
  try {
    scheme = localStorage.getItem('mantine-color-scheme-value') ?? 'auto';
    locale = localStorage.getItem('freehold.locale');
  } catch {
    // Storage may be blocked; the system's preference is used then.
  }
  const dark = scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  const chosen = locale ?? navigator.language;
  root.lang = chosen.startsWith('zh') ? 'zh' : 'en';
})();
