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
  const [near, setNear] = useState(false);
  const show = (): void => setNear(true);
  const hide = (): void => setNear(false);
  return (
    <span
      class={more}
      role="presentation"
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocusIn={show}
      onFocusOut={hide}
      onPointerDown={hide}
    >
      {children}
      {near && <RestingTip>{tip}</RestingTip>}
    </span>
  );
}

/** More about the cell or the `Tooltip` that it is put into, once it has been there for a moment, until it is taken out. */
export function RestingTip({ children }: { children: () => ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  const box = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => setOpen(true), afterMs);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    element.showPopover();
    const about = anchor.current!.closest('[role="gridcell"], [role="presentation"]')!.getBoundingClientRect();
    const { left, top } = place(about, element.getBoundingClientRect(), 'start');
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  }, [open]);
  return (
    <span ref={anchor}>
      {open && (
        <span ref={box} class="tip" role="tooltip" popover="manual">
          {children()}
        </span>
      )}
    </span>
  );
}
