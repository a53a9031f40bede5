import './dialog.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useApp } from '../shell/app.js';
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
  /** Holds what somebody types: Escape, the cross, a click beside it and going back ask first, once something was changed. */
  form?: boolean;
}

const first = 'input:not([hidden], :disabled), select:not(:disabled), textarea:not([readonly])';

/**
 * Modal: the browser keeps the focus inside and gives it back; it begins in the first field. There while it is rendered, whatever the browser
 * makes of Escape: `onClose` is the only way out.
 */
export function Dialog({ title, onClose, children, foot, actions, look = 'middle', form = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const changed = useRef(false);
  const [asking, setAsking] = useState(false);
  const id = useId();
  // At once: what is typed next is meant for it.
  useLayoutEffect(() => {
    const dialog = element.current!;
    const before = document.activeElement as HTMLElement | null;
    dialog.showModal();
    dialog.querySelector<HTMLElement>(`.dialog-body :is(${first})`)?.focus();
    return () => {
      dialog.close();
      before?.focus?.();
    };
  }, []);
  const { router } = useApp();
  const leave = (): void => {
    if (form && changed.current && !asking) setAsking(true);
    else onClose();
  };
  useEffect(() => {
    if (!form) return;
    const free = router.hold(() => {
      if (changed.current) setAsking(true);
      return changed.current;
    });
    const ask = (event: BeforeUnloadEvent): void => {
      if (changed.current) event.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => {
      free();
      removeEventListener('beforeunload', ask);
    };
  }, [form]);
  return (
    <dialog
      ref={element}
      class={`dialog ${look}`}
      aria-labelledby={id}
      onInput={() => {
        changed.current = true;
      }}
      onKeyDown={(event) => {
        // Of a menu within, Escape closes the menu.
        if (event.key !== 'Escape' || event.defaultPrevented || element.current!.querySelector(':popover-open')) return;
        event.preventDefault();
        event.stopPropagation();
        if (asking) setAsking(false);
        else leave();
      }}
      onCancel={(event) => {
        if (event.target !== element.current) return;
        event.preventDefault();
        leave();
      }}
      onClose={(event) => {
        // A browser may close it without asking, when Escape comes twice.
        const dialog = event.currentTarget;
        if (event.target !== dialog || !dialog.isConnected || dialog.open) return;
        dialog.showModal();
        leave();
      }}
      onMouseDown={(event) => {
        // Pressed there, not let go there: whoever selects text by dragging stays.
        if (event.target === element.current) leave();
      }}
    >
      <div class="dialog-frame">
        <header class="dialog-head">
          <h2 id={id} class="cut" title={title}>
            {title}
          </h2>
          {actions}
          <Button look="quiet" icon="close" label="Close" onClick={leave} />
        </header>
        <div class="dialog-body">{children}</div>
        {asking ? (
          <footer class="dialog-foot asking">
            <span role="alert">Leave, and lose what was entered?</span>
            <Button onClick={() => setAsking(false)}>Stay</Button>
            <Button look="danger" onClick={onClose}>
              Leave
            </Button>
          </footer>
        ) : (
          foot && <footer class="dialog-foot">{foot}</footer>
        )}
      </div>
    </dialog>
  );
}

/** At the right edge, as high as the window. */
export const Drawer = (props: Omit<DialogProps, 'look'>) => <Dialog {...props} look="drawer" />;
