import { formatTimestampUs } from '../../../core/event/index.js';
import { type EventAnswer, rowAnswer } from '../answer.js';
import { type Filter, filterSql } from '../filter.js';
import { readNewest } from '../newest.js';
import type { PageEnd } from '../page-cursor.js';
import type { EventsTable, TenantScope } from '../scope.js';

/** A workflow across services: the events that carry one correlation id, in the order in which they happened. */
export interface Correlation {
  total: number;
  started_at: string;
  ended_at: string;
  duration_ms: number;
  /** `success` where every event was, `failure` where none was, `mixed` otherwise. */
  outcome: 'success' | 'failure' | 'mixed';
  outcomes: Record<string, number>;
  /** In the order in which they came in; '' for events that name no service. */
  services: {
    service: string;
    events: number;
    /** Events whose outcome is not success. */
    failures: number;
    started_at: string;
    ended_at: string;
    duration_ms: number;
  }[];
  timeline: TimelineEvent[];
}

export interface TimelineEvent {
  /** Since the first event of the workflow. */
  offset_ms: number;
  /** Since the event before; null of the first. */
  gap_ms: number | null;
  event: EventAnswer;
}

interface Row {
  service: string;
  by_outcome: string;
  events: number;
  first: number;
  last: number;
}

const mostServices = 1_000;

/** Undefined where no event matches. */
export async function readCorrelation({
  table,
  scope,
  filter,
  after,
  limit,
  nowMs,
  signal,
}: {
  table: EventsTable;
  scope: TenantScope;
  /** With the correlation id in it. */
  filter: Filter;
  after: PageEnd | undefined;
  limit: number;
  nowMs: number;
  signal?: AbortSignal | undefined;
}): Promise<{ correlation: Correlation; end: PageEnd | undefined } | undefined> {
  const [rows, page] = await Promise.all([
    table.selectObjects<Row>({
      name: 'correlation',
      scope,
      columns: [
        'service',
        'toString(outcome) AS by_outcome',
        'count() AS events',
        'toUnixTimestamp64Micro(min(occurred_at)) AS first',
        'toUnixTimestamp64Micro(max(occurred_at)) AS last',
      ],
      where: (bind) => filterSql(filter, bind),
      rest: `GROUP BY service, by_outcome ORDER BY first, service, by_outcome LIMIT ${mostServices}`,
      signal,
    }),
    readNewest({ table, scope, filter, direction: 'oldest', after, limit, nowMs, signal }),
  ]);
  if (rows.length === 0) return undefined;
  const whole = spanOf(rows);
  const failed = rows.filter(({ by_outcome }) => by_outcome !== 'success');
  let previousUs = after?.occurred_at;
  const timeline = page.rows.map((row): TimelineEvent => {
    const gap_ms = previousUs === undefined ? null : (row.occurred_at - previousUs) / 1_000;
    previousUs = row.occurred_at;
    return { offset_ms: (row.occurred_at - whole.first) / 1_000, gap_ms, event: rowAnswer(row) };
  });
  return {
    correlation: {
      total: whole.events,
      ...timesOf(whole),
      outcome: failed.length === 0 ? 'success' : failed.length === rows.length ? 'failure' : 'mixed',
      outcomes: countBy(rows),
      services: [...new Set(rows.map(({ service }) => service))].map((service) => {
        const own = rows.filter((row) => row.service === service);
        const failures = own.filter(({ by_outcome }) => by_outcome !== 'success');
        const span = spanOf(own);
        return { service, events: span.events, failures: spanOf(failures).events, ...timesOf(span) };
      }),
      timeline,
    },
    end: page.end,
  };
}

type Span = Pick<Row, 'events' | 'first' | 'last'>;

const spanOf = (rows: readonly Row[]): Span => ({
  events: rows.reduce((sum, { events }) => sum + events, 0),
  first: Math.min(...rows.map(({ first }) => first)),
  last: Math.max(...rows.map(({ last }) => last)),
});

const timesOf = ({ first, last }: Span) => ({
  started_at: formatTimestampUs(first),
  ended_at: formatTimestampUs(last),
  duration_ms: (last - first) / 1_000,
});

function countBy(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { by_outcome, events } of rows) counts[by_outcome] = (counts[by_outcome] ?? 0) + events;
  return counts;
}
