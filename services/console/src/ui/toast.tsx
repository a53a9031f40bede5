import './toast.css';
import { type ReadonlySignal, signal } from '@preact/signals';
import { Button } from './button.js';
import { Icon } from './icon.js';

export interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
  action?: ToastAction | undefined;
}

/** What can be done about it, such as taking it back. */
export interface ToastAction {
  label: string;
  run: () => void;
}

/** Short words about what was just done. Bad news stays until it is put away. */
export interface Toasts {
  readonly list: ReadonlySignal<readonly Toast[]>;
  /** With something to do about it, it stays longer. */
  good(text: string, action?: ToastAction): void;
  bad(text: string): void;
  close(id: number): void;
}

const shownMs = 4_000;
const actableMs = 10_000;
const most = 4;

export function createToasts(): Toasts {
  const list = signal<readonly Toast[]>([]);
  let next = 0;
  const close = (id: number): void => {
    list.value = list.peek().filter((toast) => toast.id !== id);
  };
  const add = (tone: Toast['tone'], text: string, action?: ToastAction): void => {
    const id = next++;
    list.value = [...list.peek(), { id, tone, text, action }].slice(-most);
    if (tone === 'good') setTimeout(() => close(id), action ? actableMs : shownMs);
  };
  return { list, close, good: (text, action) => add('good', text, action), bad: (text) => add('bad', text) };
}

export const ToastList = ({ toasts }: { toasts: Toasts }) => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.list.value.map(({ id, tone, text, action }) => (
      <div key={id} class={`toast ${tone}`}>
        <Icon name={tone === 'good' ? 'check' : 'warning'} />
        <span>{text}</span>
        {action && (
          <Button
            look="quiet"
            small
            onClick={() => {
              toasts.close(id);
              action.run();
            }}
          >
            {action.label}
          </Button>
        )}
        <Button look="quiet" small icon="close" label="Put away" onClick={() => toasts.close(id)} />
      </div>
    ))}
  </div>
);
