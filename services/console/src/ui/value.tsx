import './value.css';
import type { ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';
import { Actions } from './actions.js';
import { Menu, type MenuItem } from './menu.js';

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
  more?: readonly MenuItem[];
  children?: ComponentChildren;
}) {
  const { copy, include, exclude } = useContext(Actions);
  const items: MenuItem[] = [
    ...more,
    { label: 'Copy', icon: 'copy', run: () => copy(text), line: more.length > 0 },
    ...(field && include ? [{ label: 'Only this', icon: 'filter' as const, run: () => include(field, text) }] : []),
    ...(field && exclude ? [{ label: 'Leave out', icon: 'exclude' as const, run: () => exclude(field, text) }] : []),
  ];
  return (
    <span class="value">
      <span class={`cut ${mono ? 'mono' : ''}`} title={text}>
        {children ?? text}
      </span>
      <Menu items={items} look="quiet" small icon="more" label={`Copy or filter by ${text}`} />
    </span>
  );
}
