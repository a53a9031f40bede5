import './value.css';
import type { ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';
import { Actions } from './actions.js';
import { Menu, type MenuItem } from './menu.js';

type Ways = readonly MenuItem[] | (() => readonly MenuItem[]);

/**
 * A value that can be copied and, where `field` names the filter that takes it, looked for or left out; `more` goes above those, as a way
 * to its own page.
 */
export function Value({
  text,
  field,
  mono = false,
  more = [],
  children,
}: {
  text: string;
  field?: string;
  mono?: boolean;
  more?: Ways;
  children?: ComponentChildren;
}) {
  return (
    <span class="value">
      <span class={mono ? 'cut mono' : 'cut'} title={text}>
        {children ?? text}
      </span>
      <ValueMenu {...{ text, more }} {...(field === undefined ? {} : { field })} />
    </span>
  );
}

/** The menu of a value, by itself. */
export function ValueMenu({ text, field, more = [] }: { text: string; field?: string; more?: Ways }) {
  const { copy, include, exclude } = useContext(Actions);
  const ways = typeof more === 'function' ? more() : more;
  const items: MenuItem[] = [
    ...ways,
    { label: 'Copy', icon: 'copy', run: () => copy(text), line: ways.length > 0 },
    ...(field && include ? [{ label: 'Only this', icon: 'filter' as const, run: () => include(field, text) }] : []),
    ...(field && exclude ? [{ label: 'Leave out', icon: 'exclude' as const, run: () => exclude(field, text) }] : []),
  ];
  return <Menu items={items} look="quiet" small icon="more" label={`Copy or filter by ${text}`} />;
}
