import type { ReadonlySignal, Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext, useLayoutEffect, useRef } from 'preact/hooks';
import type { Api } from '../api/call.js';
import type { Sessions } from '../api/session.js';
import type { Live } from '../live/live.js';
import type { Router } from '../router/router.js';
import type { Toasts } from '../ui/toast.js';
import type { Key, Keys } from './keys.js';
import type { Memory, Theme } from './theme.js';

/** What the shell gives to every page. main.tsx makes it. */
export interface App {
  readonly api: Api;
  readonly live: Live;
  readonly router: Router;
  readonly sessions: Sessions;
  readonly toasts: Toasts;
  readonly keys: Keys;
  readonly theme: Signal<Theme>;
  readonly memory: Memory;
  readonly now: ReadonlySignal<number>;
  /** False while the gateway cannot be reached. */
  readonly reachable: ReadonlySignal<boolean>;
  readonly copy: (text: string) => void;
  readonly mac: boolean;
  /** Files that were dropped anywhere and that nobody has taken yet. */
  readonly dropped: Signal<readonly File[]>;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('a page was rendered outside the shell');
  return app;
}

/** Keys that hold while the component is there: always the same ones; what they do may change from one drawing to the next. */
export function useKeys(keys: readonly Key[]): void {
  const app = useApp();
  const newest = useRef(keys);
  newest.current = keys;
  useLayoutEffect(() => app.keys.add(keys.map((key, at) => ({ ...key, run: () => newest.current[at]?.run() }))), []);
}
