import { type ReadonlySignal, signal } from '@preact/signals';

export interface Key {
  /** As a KeyboardEvent names it: `/`, `j`, `Escape`; with `mod+` for Cmd or Ctrl. */
  key: string;
  does: string;
  run: () => void;
}

/** Keys of the page in front. The newest who wants a key gets it: a drawer before its page, a page before the shell. */
export interface Keys {
  readonly all: ReadonlySignal<readonly Key[]>;
  /** Until the function that is given back is called. */
  add(keys: readonly Key[]): () => void;
  onKeyDown(event: KeyboardEvent): void;
}

const typing = /^(INPUT|TEXTAREA|SELECT)$/;

/** What Enter works already, where it has the focus. */
const pressed = 'button, a[href], summary';

const over = 'dialog[open], .popover:popover-open';

const isTyping = (target: EventTarget | null): boolean => {
  const element = target as HTMLElement | null;
  return typing.test(element?.tagName ?? '') || element?.isContentEditable === true;
};

export function createKeys(): Keys {
  const layers = signal<readonly (readonly Key[])[]>([]);
  const all = signal<readonly Key[]>([]);
  const note = (next: readonly (readonly Key[])[]): void => {
    layers.value = next;
    const newest = [...next].reverse().flat();
    all.value = newest.filter((one, at) => newest.findIndex(({ key }) => key === one.key) === at);
  };
  return {
    all,
    add(keys) {
      note([...layers.peek(), keys]);
      return () => note(layers.peek().filter((layer) => layer !== keys));
    },
    onKeyDown(event) {
      if (event.defaultPrevented || event.altKey || event.isComposing) return;
      const mod = event.metaKey || event.ctrlKey;
      // In a field, letters are text; behind a dialog or a menu the page is not there.
      if (!mod && isTyping(event.target)) return;
      if (!mod && document.querySelector(over)) return;
      if (event.key === 'Enter' && (event.target as Partial<Element> | null)?.closest?.(pressed)) return;
      const name = `${mod ? 'mod+' : ''}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
      const found = all.peek().find(({ key }) => key === name);
      if (!found) return;
      event.preventDefault();
      found.run();
    },
  };
}

/** How a key is shown. */
export function keyText(key: string, mac: boolean): string {
  const names: Readonly<Record<string, string>> = { Escape: 'Esc', Enter: '↵', ArrowUp: '↑', ArrowDown: '↓' };
  if (key.startsWith('mod+')) return `${mac ? '⌘' : 'Ctrl '}${key.slice(4).toUpperCase()}`;
  return names[key] ?? key;
}
