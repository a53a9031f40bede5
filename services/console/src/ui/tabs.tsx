import './tabs.css';
import { useRef } from 'preact/hooks';
import { formatCompact } from './format.js';
import { Icon, type IconName } from './icon.js';

export interface Tab<T extends string = string> {
  value: T;
  label: string;
  /** A text where it is not known to the last one: `500+`. */
  count?: number | string | undefined;
  icon?: IconName;
}

/** Views of one thing. Arrows move, as in every tab list; the panel is the caller's, with `id` and role tabpanel. */
export function Tabs<T extends string>({
  tabs,
  value,
  onChange,
  label,
  panel,
}: {
  tabs: readonly Tab<T>[];
  value: T;
  onChange: (value: T) => void;
  label: string;
  /** The id of the panel. */
  panel: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.value === value);
    const next = (at + by + tabs.length) % tabs.length;
    onChange(tabs[next]!.value);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          class="tab"
          aria-selected={tab.value === value}
          aria-controls={panel}
          tabIndex={tab.value === value ? 0 : -1}
          onClick={() => onChange(tab.value)}
        >
          {tab.icon && <Icon name={tab.icon} />}
          {tab.label}
          {tab.count !== undefined && (
            <span class="faint">{typeof tab.count === 'number' ? formatCompact(tab.count) : tab.count}</span>
          )}
        </button>
      ))}
    </div>
  );
}
