import './menu.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

const gapPx = 4;
const edgePx = 8;

/** Below its anchor where there is room, else above; within the window in any case. */
export function place(anchor: DOMRect, box: { width: number; height: number }, align: 'start' | 'end') {
  const [wide, high] = [window.innerWidth, window.innerHeight];
  const wanted = align === 'start' ? anchor.left : anchor.right - box.width;
  const left = Math.max(edgePx, Math.min(wanted, wide - box.width - edgePx));
  const below = anchor.bottom + gapPx;
  const above = anchor.top - gapPx - box.height;
  const top =
    below + box.height <= high - edgePx || above < edgePx ? Math.min(below, high - edgePx - box.height) : above;
  return { left: Math.round(left), top: Math.round(Math.max(edgePx, top)) };
}

/** What lies over the page beside what opened it. The browser's top layer closes it on Escape and on a click elsewhere. */
export function Popover({
  anchor,
  align = 'start',
  onClose,
  class: more = '',
  children,
  ...rest
}: {
  anchor: () => Element | null;
  align?: 'start' | 'end';
  onClose: () => void;
  class?: string;
  children: ComponentChildren;
  role?: 'menu' | 'dialog' | 'listbox';
  'aria-label'?: string;
  onKeyDown?: (event: KeyboardEvent) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current!;
    const opener = anchor();
    element.showPopover();
    if (opener) {
      const { left, top } = place(opener.getBoundingClientRect(), element.getBoundingClientRect(), align);
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    }
    if (rest.role === 'dialog') {
      const first = element.querySelector<HTMLElement>('[aria-pressed="true"]');
      (first ?? element.querySelector<HTMLElement>('button, input, select, a'))?.focus();
    }
    const onToggle = (event: ToggleEvent): void => {
      if (event.newState === 'closed') onClose();
    };
    element.addEventListener('toggle', onToggle);
    return () => element.removeEventListener('toggle', onToggle);
  }, []);
  return (
    <div ref={box} popover="auto" class={`popover ${more}`} {...rest}>
      {children}
    </div>
  );
}
