import type { ComponentChildren } from 'preact';
import { formatCompact, formatNumber, repeated } from '../ui/format.js';
import type { Ranked, Series } from './question.js';

/** One thing of the overview; its title leads to the events behind it. */
export function Card({
  title,
  href,
  note,
  wide = false,
  children,
}: {
  title: string;
  href?: string;
  note?: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}) {
  return (
    <section class={`overview-card ${wide ? 'wide' : ''}`}>
      <header>
        <h2>{href ? <a href={href}>{title}</a> : title}</h2>
        {note && <span class="faint">{note}</span>}
      </header>
      {children}
    </section>
  );
}

/** Which colour is what, with its number; each opens its events. */
export const Legend = ({
  series,
  colours,
  hrefOf,
}: {
  series: readonly Series[];
  colours: readonly string[];
  hrefOf: (value: string) => string;
}) => (
  <ul class="overview-legend">
    {series.map(({ value, label, total }, at) => {
      const inside = (
        <>
          <i style={{ background: `var(${colours[at % colours.length]})` }} />
          {label} <span class="faint">{formatNumber(total)}</span>
        </>
      );
      return <li key={value}>{value === '' ? <span>{inside}</span> : <a href={hrefOf(value)}>{inside}</a>}</li>;
    })}
  </ul>
);

/** The most frequent values, each a link to its events. */
export function Ranking({
  items,
  hrefOf,
  none,
}: {
  items: readonly Ranked[];
  hrefOf: (value: string) => string;
  none: string;
}) {
  if (items.length === 0) return <p class="overview-none">{none}</p>;
  const most = Math.max(...items.map(({ count }) => count));
  const namesakes = repeated(items.map(({ label }) => label));
  return (
    <ol class="overview-ranking">
      {items.map(({ value, label, count }) => (
        <li key={value}>
          <a href={hrefOf(value)} title={label === value ? value : `${label} · ${value}`}>
            <span class="overview-share" style={{ width: `${(100 * count) / most}%` }} />
            <span class="cut">
              {label}
              {namesakes.has(label) && <span class="faint"> {value}</span>}
            </span>
            <span class="overview-count">{formatCompact(count)}</span>
          </a>
        </li>
      ))}
    </ol>
  );
}

/** A number that says something by itself. */
export const Figure = ({
  label,
  value,
  href,
  children,
}: {
  label: string;
  value: ComponentChildren;
  href?: string;
  children?: ComponentChildren;
}) => (
  <div class="overview-figure">
    <span class="soft">{label}</span>
    {href ? <a href={href}>{value}</a> : <b>{value}</b>}
    <span class="faint">{children}</span>
  </div>
);
