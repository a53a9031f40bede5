// Starts the console. Nothing else knows of window's address, storage and clock.
import './ui/tokens.css';
import './ui/base.css';
import './ui/print.css';
import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { type Api, createApi } from './api/call.js';
import { createSessions } from './api/session.js';
import { createLive } from './live/live.js';
import { pages } from './pages.js';
import { followLinks } from './router/links.js';
import { findPath } from './router/paths.js';
import { createRouter } from './router/router.js';
import { createKeys } from './shell/keys.js';
import { Shell } from './shell/shell.js';
import { createMemory, createTheme } from './shell/theme.js';
import { createToasts } from './ui/toast.js';

const clockMs = 10_000;
const reachingMs = 3_000;

const reachable = signal(true);
const now = signal(Date.now());
const sessions = createSessions({ api: () => api });
const api: Api = createApi({
  fetch: (...asked) => fetch(...asked),
  csrfToken: sessions.csrfToken,
  organization: () => sessions.organization.peek(),
  onUnauthenticated: sessions.ended,
  onReachable: (answered) => {
    reachable.value = answered;
  },
});
const live = createLive({
  url: `${location.origin.replace(/^http/, 'ws')}/api/audit/stream`,
  organization: () => sessions.organization.peek(),
});
const router = createRouter({
  place: { location, history, addEventListener: (type, listener) => addEventListener(type, listener) },
});
const keys = createKeys();
const toasts = createToasts();
const memory = createMemory(() => localStorage);
const theme = createTheme({ memory, root: document.documentElement });

const copy = (text: string): void => {
  navigator.clipboard.writeText(text).then(
    () => toasts.good('Copied'),
    () => toasts.bad('The browser did not let the console copy'),
  );
};

setInterval(() => {
  now.value = Date.now();
}, clockMs);
addEventListener('offline', () => {
  reachable.value = false;
});
// Something has to ask, or nobody would learn that the gateway is back.
effect(() => {
  if (reachable.value) return;
  const asking = setInterval(() => void api.get('/api/session').catch(() => {}), reachingMs);
  return () => clearInterval(asking);
});
document.addEventListener('click', followLinks({ router, origin: location.origin }));
document.addEventListener('keydown', keys.onKeyDown);

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const dropped = signal<readonly File[]>([]);
const app = { api, live, router, sessions, toasts, keys, theme, memory, now, reachable, copy, mac, dropped };
render(<Shell app={app} pages={pages} />, document.getElementById('console')!);
void sessions.start();
// Beside the question who asks, not after it.
const first = findPath(pages, router.path.peek())?.page.component;
if (first && typeof first !== 'function') first.load().catch(() => {});
