import { effect, type Signal, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
export const themeName = 'sealstream.theme';

/** What is remembered on this machine: nothing secret. */
export interface Memory {
  get(name: string): string | undefined;
  /** Undefined forgets it. */
  set(name: string, value: string | undefined): void;
}

/** Storage that may be full or forbidden: then nothing is remembered. */
export function createMemory(storage: () => Storage): Memory {
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };
  return {
    get: (name) => attempt(() => storage().getItem(name)) ?? undefined,
    set: (name, value) =>
      attempt(() => (value === undefined ? storage().removeItem(name) : storage().setItem(name, value))),
  };
}

/** The chosen theme, written to the document and remembered. public/theme.js applies it before the first paint of the next visit. */
export function createTheme({ memory, root }: { memory: Memory; root: HTMLElement }): Signal<Theme> {
  const remembered = memory.get(themeName);
  const theme = signal<Theme>(remembered === 'dark' || remembered === 'light' ? remembered : 'system');
  effect(() => {
    const chosen = theme.value;
    if (chosen === 'system') delete root.dataset.theme;
    else root.dataset.theme = chosen;
    memory.set(themeName, chosen === 'system' ? undefined : chosen);
  });
  return theme;
}
