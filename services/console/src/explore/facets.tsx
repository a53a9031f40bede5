import './facets.css';
import { useState } from 'preact/hooks';
import type { Facet, Facets as FacetAnswer, Outcome } from '../api/types.js';
import { OutcomeBadge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { counted, formatCompact, formatNumber, repeated } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { facetFields } from './data.js';
import type { Filter } from './question.js';
import { words } from './words.js';

/** The most frequent values of some fields; each can be asked for or left out. */
export function FacetList({
  answer,
  filters,
  onToggle,
}: {
  answer: FacetAnswer | undefined;
  filters: readonly Filter[];
  onToggle: (filter: Filter) => void;
}) {
  const none = answer !== undefined && facetFields.every((field) => !answer.facets[field]?.values.length);
  return (
    <div class="explore-facets">
      {none && <p class="explore-uncounted faint">Nothing to count: no event fits.</p>}
      {facetFields.map((field) => {
        const facet = answer?.facets[field];
        return facet && facet.values.length > 0 ? (
          <Group key={field} field={field} facet={facet} filters={filters} onToggle={onToggle} />
        ) : null;
      })}
    </div>
  );
}

function Group({
  field,
  facet,
  filters,
  onToggle,
}: {
  field: string;
  facet: Facet;
  filters: readonly Filter[];
  onToggle: (filter: Filter) => void;
}) {
  const [open, setOpen] = useState(true);
  const most = Math.max(...facet.values.map(({ count }) => count));
  const namesakes = repeated(facet.values.map(({ value, label }) => label ?? value));
  const holds = (value: string, out: boolean): boolean =>
    filters.some((filter) => filter.field === field && filter.value === value && filter.out === out);
  return (
    <section>
      <h2>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'down' : 'right'} size={12} />
          {words[field] ?? field}
          <span class="faint" title={`${counted(facet.distinct, 'value')} in all`}>
            {formatNumber(facet.distinct)}
          </span>
        </button>
      </h2>
      {open && (
        <ul>
          {facet.values.map(({ value, count, label }) => (
            <li key={value}>
              <button
                type="button"
                class="explore-facet"
                aria-pressed={holds(value, false)}
                title={label ? `${label} · ${value}` : value}
                onClick={() => onToggle({ field, value, out: false })}
              >
                <span class="explore-share" style={{ width: `${(100 * count) / most}%` }} />
                <span class="cut">
                  {field === 'outcome' ? <OutcomeBadge outcome={value as Outcome} /> : (label ?? value)}
                  {label && namesakes.has(label) && <span class="faint"> {value}</span>}
                </span>
                <span class="explore-count">{formatCompact(count)}</span>
              </button>
              <Button
                look="quiet"
                small
                icon="exclude"
                label={`Leave out ${label ?? value}`}
                aria-pressed={holds(value, true)}
                onClick={() => onToggle({ field, value, out: true })}
              />
            </li>
          ))}
          {facet.other > 0 && (
            <li class="explore-others faint">
              others <span>{formatCompact(facet.other)}</span>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}
