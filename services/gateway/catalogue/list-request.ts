import { visibilities } from '../../core/catalogue/index.js';
import { eventKinds } from '../../core/wire/symbols.js';
import { badParameter } from '../query/errors.js';
import { type Filter, readFilter, readParameters, splitParameters } from '../query/filter.js';
import { flag, listed, one, symbols } from '../query/values.js';
import type { ActionFilter } from './list.js';

/** What GET /api/actions was asked. */
export interface ActionListRequest {
  filter: ActionFilter;
  /** Whether the tenant's events are looked through. */
  seen: boolean;
  /** Which of them: a time, 90 days back where none is given. */
  events: Filter;
}

const ownNames = ['q', 'category', 'kind', 'visible_to', 'known', 'seen'];
const timeNames = ['from', 'to', 'startTime', 'endTime', 'preset', 'organization_id'];
const lookBackMs = 90 * 86_400_000;
const mostWords = 16;
const longestWords = 1_024;

export function readActionListRequest(
  query: Readonly<Record<string, unknown>>,
  { nowMs }: { nowMs: number },
): ActionListRequest {
  const { filters, rest } = splitParameters(readParameters(query), ownNames);
  for (const name of filters.keys()) {
    if (timeNames.includes(name)) continue;
    throw badParameter(name, `is no parameter here; known are ${[...ownNames, ...timeNames].join(', ')}`);
  }
  const [q, category, kind, visibleTo, known, seen] = ownNames.map(rest);
  const words = q ? one(q).toLowerCase().split(/\s+/).filter(Boolean) : [];
  if (q && one(q).length > longestWords) throw badParameter('q', `is longer than ${longestWords} characters`);
  if (words.length > mostWords) throw badParameter('q', `has more than ${mostWords} words`);
  const hasTime = timeNames.some((name) => name !== 'organization_id' && filters.has(name));
  const times = hasTime ? filters : new Map([...filters, ['from', [String(nowMs - lookBackMs)]]]);
  return {
    filter: {
      words,
      categories: category && listed(category).map((item) => item.toLowerCase()),
      kinds: kind && symbols(kind, eventKinds),
      visibleTo: visibleTo && symbols(visibleTo, visibilities),
      known: known && flag(known),
    },
    seen: seen ? flag(seen) : true,
    events: readFilter(times, { nowMs }),
  };
}
