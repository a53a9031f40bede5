import './tooltip.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { place } from './popover.js';

const afterMs = 250;

/** More about something, while the pointer rests on it or the focus is within. `tip` is made only then. */
export function Tooltip({
  tip,
  class: more = '',
  children,
}: {
  tip: () => ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  const box = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const show = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOpen(true), afterMs);
  };
  const hide = (): void => {
    clearTimeout(timer.current);
    setOpen(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const element = box.current;
    if (!open || !element) return;
    element.showPopover();
    const { left, top } = place(anchor.current!.getBoundingClientRect(), element.getBoundingClientRect(), 'start');
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  }, [open]);
  return (
    <span
      ref={anchor}
      class={more}
      role="presentation"
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocusIn={show}
      onFocusOut={hide}
      onPointerDown={hide}
    >
      {children}
      {open && (
        <span ref={box} class="tip" role="tooltip" popover="manual">
          {tip()}
        </span>
      )}
    </span>
  );
}
