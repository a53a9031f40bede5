import './dialog.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button } from './button.js';

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons at the end. */
  foot?: ComponentChildren;
  /** Beside the title. */
  actions?: ComponentChildren;
  look?: 'middle' | 'wide' | 'drawer';
}

/** Modal: the browser keeps the focus inside, closes on Escape and gives the focus back. There while it is rendered. */
export function Dialog({ title, onClose, children, foot, actions, look = 'middle' }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current!;
    const before = document.activeElement as HTMLElement | null;
    dialog.showModal();
    return () => {
      dialog.close();
      before?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${look}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-frame">
        <header class="dialog-head">
          <h2 id={id} class="cut">
            {title}
          </h2>
          {actions}
          <Button look="quiet" icon="close" label="Close" onClick={onClose} />
        </header>
        <div class="dialog-body">{children}</div>
        {foot && <footer class="dialog-foot">{foot}</footer>}
      </div>
    </dialog>
  );
}

/** At the right edge, as high as the window. */
export const Drawer = (props: Omit<DialogProps, 'look'>) => <Dialog {...props} look="drawer" />;
