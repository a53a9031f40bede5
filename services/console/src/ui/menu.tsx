import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, type ButtonProps } from './button.js';
import { Icon, type IconName } from './icon.js';
import { Popover } from './popover.js';

export interface MenuItem {
  label: ComponentChildren;
  icon?: IconName;
  /** At the right end, as a key or a value. */
  note?: string;
  /** Of a menu of which one item holds. */
  checked?: boolean;
  /** Of a menu of links, the one that one is at. */
  current?: boolean;
  /** A line above. */
  line?: boolean;
  href?: string;
  run?: () => void;
}

/** A button and the list that it opens: arrows, Home, End and letters move, Enter runs, Escape closes and gives the focus back. */
export function Menu({
  items,
  title,
  align = 'start',
  children,
  ...button
}: { items: readonly MenuItem[]; title?: string; align?: 'start' | 'end' } & Omit<ButtonProps, 'onClick' | 'title'>) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  const opener = (): HTMLElement | null => anchor.current?.querySelector('button') ?? null;
  const close = (): void => {
    setOpen(false);
    opener()?.focus();
  };
  return (
    <span class="menu-anchor" ref={anchor}>
      <Button {...button} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        {children}
      </Button>
      {open && <MenuList items={items} title={title} align={align} anchor={opener} onClose={close} />}
    </span>
  );
}

export function MenuList({
  items,
  title,
  ...frame
}: {
  items: readonly MenuItem[];
  title: string | undefined;
  align: 'start' | 'end';
  anchor: () => Element | null;
  onClose: () => void;
}) {
  return (
    <MenuFrame {...frame}>
      {title && <div class="menu-title">{title}</div>}
      <MenuItems items={items} onClose={frame.onClose} />
    </MenuFrame>
  );
}

/** A menu of any parts: the keys move over all of their items. */
export function MenuFrame({
  align,
  anchor,
  onClose,
  label,
  children,
}: {
  align: 'start' | 'end';
  anchor: () => Element | null;
  onClose: () => void;
  label?: string;
  children: ComponentChildren;
}) {
  const list = useRef<HTMLDivElement>(null);
  const entries = (): HTMLElement[] => [...(list.current?.querySelectorAll<HTMLElement>('.menu-item') ?? [])];
  useEffect(() => {
    const held = list.current?.querySelector<HTMLElement>(
      '.menu-item:is([aria-checked="true"], [aria-current="true"])',
    );
    (held ?? entries()[0])?.focus();
  }, []);
  const move = (event: KeyboardEvent): void => {
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = nextOf(event.key, at, all);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    all[to]?.focus();
  };
  return (
    <Popover
      anchor={anchor}
      align={align}
      onClose={onClose}
      role="menu"
      onKeyDown={move}
      {...(label ? { 'aria-label': label } : {})}
    >
      <div ref={list}>{children}</div>
    </Popover>
  );
}

export const MenuItems = ({ items, onClose }: { items: readonly MenuItem[]; onClose: () => void }) => (
  <>
    {items.map((item, at) => (
      <Fragment key={String(at)}>
        {item.line && <hr class="menu-line" />}
        <Entry item={item} onClose={onClose} />
      </Fragment>
    ))}
  </>
);

function nextOf(key: string, at: number, all: readonly HTMLElement[]): number | undefined {
  if (key === 'ArrowDown') return (at + 1) % all.length;
  if (key === 'ArrowUp') return (at - 1 + all.length) % all.length;
  if (key === 'Home') return 0;
  if (key === 'End') return all.length - 1;
  if (!/^[\p{L}\p{N}]$/u.test(key)) return undefined;
  const found = [...all.keys()].find((index) => {
    const entry = all[(at + 1 + index) % all.length]!;
    return entry.textContent!.trim().toLowerCase().startsWith(key.toLowerCase());
  });
  return found === undefined ? undefined : (at + 1 + found) % all.length;
}

function Entry({
  item: { label, icon, note, checked, current, href, run },
  onClose,
}: {
  item: MenuItem;
  onClose: () => void;
}) {
  const chosen = checked === undefined ? {} : ({ role: 'menuitemradio', 'aria-checked': checked } as const);
  const shown = checked === undefined ? icon : checked ? 'check' : undefined;
  const inside = (
    <>
      {shown ? <Icon name={shown} /> : checked !== undefined && <span class="icon" style={{ width: '16px' }} />}
      <span class="cut">{label}</span>
      {note && <span class="menu-note">{note}</span>}
    </>
  );
  const onClick = (): void => {
    onClose();
    run?.();
  };
  return href ? (
    <a
      class="menu-item"
      role="menuitem"
      href={href}
      tabIndex={-1}
      {...(current ? { 'aria-current': 'true' as const } : {})}
      onClick={onClick}
    >
      {inside}
    </a>
  ) : (
    <button type="button" class="menu-item" role="menuitem" tabIndex={-1} {...chosen} onClick={onClick}>
      {inside}
    </button>
  );
}
