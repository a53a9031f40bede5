// Before anything is painted, so that nobody who chose a theme sees the other one flash by. shell/theme.ts writes what is read here.
try {
  const theme = localStorage.getItem('sealstream.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme holds.
}
