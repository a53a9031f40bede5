import './palette.css';
import { useState } from 'preact/hooks';
import type { Page } from '../pages.js';
import { Dialog } from '../ui/dialog.js';
import { Icon, type IconName } from '../ui/icon.js';
import { useApp } from './app.js';
import { keyText } from './keys.js';

interface Command {
  label: string;
  icon: IconName;
  note: string;
  run: () => void;
}

/** Every page, organization and key by its name: what fits the words, what begins with them first. */
export function fitting<T extends { label: string }>(commands: readonly T[], words: string): T[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = ({ label }: T): number => (label.toLowerCase().startsWith(wanted[0] ?? '') ? 0 : 1);
  return commands
    .filter(({ label }) => wanted.every((word) => label.toLowerCase().includes(word)))
    .sort((a, b) => rank(a) - rank(b));
}

export function Palette({ pages, onClose }: { pages: readonly Page[]; onClose: () => void }) {
  const { router, keys, sessions, theme, toasts, mac } = useApp();
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const commands: Command[] = [
    ...pages
      .filter(({ group }) => group !== undefined)
      .map(({ title, icon, path, group }) => ({ label: title, icon, note: group!, run: () => router.go(path) })),
    ...keys.all.value
      .filter(({ key }) => key !== 'mod+k')
      .map(({ key, does, run }) => ({ label: does, icon: 'right' as const, note: keyText(key, mac), run })),
    ...sessions.organizations.value.map(({ id, name }) => ({
      label: `Organization ${name}`,
      icon: 'organization' as const,
      note: id,
      run: () => void sessions.choose(id).catch((problem: Error) => toasts.bad(problem.message)),
    })),
    ...(['light', 'dark', 'system'] as const).map((one) => ({
      label: `Theme ${one}`,
      icon: one === 'light' ? ('sun' as const) : one === 'dark' ? ('moon' as const) : ('system' as const),
      note: '',
      run: () => {
        theme.value = one;
      },
    })),
  ];
  const found = fitting(commands, words);
  const chosen = Math.min(at, found.length - 1);
  const run = (command: Command | undefined): void => {
    onClose();
    // After the dialog has given the focus back, so that what runs may take it.
    if (command) setTimeout(command.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0));
    else if (event.key === 'Enter') run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <div class="palette">
        <input
          class="palette-search"
          role="combobox"
          aria-label="Page or command"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={`palette-${chosen}`}
          placeholder="Page or command"
          autoFocus
          value={words}
          onInput={(event) => {
            setWords(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        <div id="palette-list" role="listbox" aria-label="Pages and commands" class="palette-list">
          {found.map((command, index) => (
            <div
              key={command.label + command.note}
              id={`palette-${index}`}
              role="option"
              aria-selected={index === chosen}
              onClick={() => run(command)}
              onPointerMove={() => setAt(index)}
            >
              <Icon name={command.icon} />
              {command.label}
              <span class="menu-note">{command.note}</span>
            </div>
          ))}
        </div>
      </div>
    </Dialog>
  );
}

export function Help({ onClose }: { onClose: () => void }) {
  const { keys, mac } = useApp();
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys-list">
        {keys.all.value.map(({ key, does }) => (
          <>
            <dt>
              <kbd>{keyText(key, mac)}</kbd>
            </dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}
