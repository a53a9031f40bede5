import './toast.css';
import { type ReadonlySignal, signal } from '@preact/signals';
import { Button } from './button.js';
import { Icon } from './icon.js';

export interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
}

/** Short words about what was just done. Bad news stays until it is put away. */
export interface Toasts {
  readonly list: ReadonlySignal<readonly Toast[]>;
  good(text: string): void;
  bad(text: string): void;
  close(id: number): void;
}

const shownMs = 4_000;
const most = 4;

export function createToasts(): Toasts {
  const list = signal<readonly Toast[]>([]);
  let next = 0;
  const close = (id: number): void => {
    list.value = list.peek().filter((toast) => toast.id !== id);
  };
  const add = (tone: Toast['tone'], text: string): void => {
    const id = next++;
    list.value = [...list.peek(), { id, tone, text }].slice(-most);
    if (tone === 'good') setTimeout(() => close(id), shownMs);
  };
  return { list, close, good: (text) => add('good', text), bad: (text) => add('bad', text) };
}

export const ToastList = ({ toasts }: { toasts: Toasts }) => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.list.value.map(({ id, tone, text }) => (
      <div key={id} class={`toast ${tone}`}>
        <Icon name={tone === 'good' ? 'check' : 'warning'} />
        <span>{text}</span>
        <Button look="quiet" small icon="close" label="Put away" onClick={() => toasts.close(id)} />
      </div>
    ))}
  </div>
);
