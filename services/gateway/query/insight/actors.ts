import { addressText, formatTimestampUs } from '../../../core/event/index.js';
import type { Bind } from '../../../core/sql/bind.js';
import { type EventAnswer, rowAnswer } from '../answer.js';
import { type Filter, filterSql } from '../filter.js';
import { filterFields } from '../filter-fields.js';
import { readNewest } from '../newest.js';
import type { EventsTable, Select, TenantScope } from '../scope.js';
import { type Facet, readFacet } from './facets.js';
import { insightField } from './fields.js';

/** When something was seen with an actor, and how often. */
export interface Sighting {
  events: number;
  /** Events whose outcome is not success. */
  failures: number;
  first_at: string;
  last_at: string;
}

/** The last seen first; `distinct` says how many there are, those left out included. */
export interface Sightings<T> {
  values: (T & Sighting)[];
  distinct: number;
}

/** The ISO 3166 code of the country of an address; undefined where it is not known. */
export type CountryOf = (ip: string) => string | undefined;

/** What is to be seen of one actor, by id or email. */
export interface Actor extends Sighting {
  /** Under which ids, emails and names the events have them. */
  identities: Sightings<{ type: string; id: string; email: string; name: string }>;
  /** '' of events without an address, as with agents. `country` (ISO 3166) where the files at hand know the address. */
  addresses: Sightings<{ ip: string; country?: string }>;
  user_agents: Sightings<{ user_agent: string }>;
  /** Events by day of the week, Monday first, and hour, in the time zone. */
  hours: { timezone: string; counts: number[][] };
  actions: Facet;
  outcomes: Record<string, number>;
  /** Events whose outcome is not success, newest first. */
  recent_failures: EventAnswer[];
}

const limits = { sightings: 50, actions: 50, failures: 10 };

interface ActorQuery {
  table: EventsTable;
  scope: TenantScope;
  /** With the actor in it. */
  filter: Filter;
  /** An IANA time zone. */
  timezone: string;
  countryOf?: CountryOf | undefined;
  nowMs: number;
  signal?: AbortSignal | undefined;
}

/** Undefined where no event matches. */
export async function readActor(query: ActorQuery): Promise<Actor | undefined> {
  const { table, scope, filter, timezone, signal } = query;
  const outcomes = await table.selectObjects<{ by_outcome: string } & SeenRow>({
    ...shared('actor', query),
    columns: ['toString(outcome) AS by_outcome', ...seenColumns],
    rest: 'GROUP BY by_outcome',
  });
  if (outcomes.length === 0) return undefined;
  const [identities, addresses, agents, hours] = await Promise.all([
    readSightings<{ type: string; id: string; email: string; name: string }>(query, {
      type: 'toString(actor_type)',
      id: 'actor_id',
      email: 'actor_email',
      name: 'actor_name',
    }),
    readSightings<{ ip: string }>(query, { ip: 'hex(ip_bytes)' }),
    readSightings<{ user_agent: string }>(query, { user_agent: 'user_agent' }),
    readHours(query),
  ]);
  const [actions, failures] = await Promise.all([
    readFacet({ table, scope, filter, field: insightField('action', 'field'), top: limits.actions, signal }),
    readNewest({ ...query, filter: withoutSuccess(filter), after: undefined, limit: limits.failures }),
  ]);
  return {
    ...sightingOf({
      events: outcomes.reduce((sum, { events }) => sum + events, 0),
      failures: outcomes.reduce((sum, row) => sum + row.failures, 0),
      first: Math.min(...outcomes.map(({ first }) => first)),
      last: Math.max(...outcomes.map(({ last }) => last)),
    }),
    identities,
    addresses: {
      ...addresses,
      values: addresses.values.map((seen) => ({ ...seen, ...addressOf(seen.ip, query.countryOf) })),
    },
    user_agents: agents,
    hours: { timezone, counts: hours },
    actions,
    outcomes: Object.fromEntries(outcomes.map(({ by_outcome, events }) => [by_outcome, events])),
    recent_failures: failures.rows.map(rowAnswer),
  };
}

/** From the bytes of an address in hexadecimal, none for none. */
export function addressOf(hex: string, countryOf: CountryOf = () => undefined): { ip: string; country?: string } {
  const ip = addressText(Buffer.from(hex, 'hex'));
  const country = ip === '' ? undefined : countryOf(ip);
  return { ip, ...(country === undefined ? {} : { country }) };
}

interface SeenRow {
  events: number;
  failures: number;
  /** Microseconds since 1970. */
  first: number;
  last: number;
}

const seenColumns = [
  'count() AS events',
  `countIf(outcome != 'success') AS failures`,
  'toUnixTimestamp64Micro(min(occurred_at)) AS first',
  'toUnixTimestamp64Micro(max(occurred_at)) AS last',
];

const sightingOf = ({ events, failures, first, last }: SeenRow): Sighting => ({
  events,
  failures,
  first_at: formatTimestampUs(first),
  last_at: formatTimestampUs(last),
});

const shared = (name: string, { scope, filter, signal }: ActorQuery): Omit<Select, 'columns'> => ({
  name,
  scope,
  where: (bind) => filterSql(filter, bind),
  signal,
});

/** Sightings by what the columns say, each as SQL. */
async function readSightings<T extends Record<string, string>>(
  query: ActorQuery,
  by: { [Name in keyof T]: string },
): Promise<Sightings<T>> {
  const names = Object.keys(by) as (keyof T & string)[];
  const rows = await query.table.selectObjects<{ [name: string]: unknown } & SeenRow & { distinct: number }>({
    ...shared('sightings', query),
    // Names of their own, as one that is a column's would stand for it in the conditions.
    columns: [...names.map((name) => `${by[name]} AS by_${name}`), ...seenColumns],
    rest: `GROUP BY ${names.map((name) => `by_${name}`).join(', ')}`,
    around: (groups) =>
      `SELECT *, count() OVER () AS distinct FROM ${groups}
       ORDER BY last DESC, ${names.map((name) => `by_${name}`).join(', ')} LIMIT ${limits.sightings}`,
  });
  return {
    values: rows.map((row) => ({
      ...(Object.fromEntries(names.map((name) => [name, row[`by_${name}`]])) as T),
      ...sightingOf(row),
    })),
    distinct: rows[0]?.distinct ?? 0,
  };
}

async function readHours(query: ActorQuery): Promise<number[][]> {
  const rows = await query.table.selectObjects<{ day: number; hour: number; events: number }>({
    ...shared('hours', query),
    columns: (bind: Bind) => [
      `toDayOfWeek(occurred_at, 0, ${bind('String', query.timezone)}) AS day`,
      `toHour(occurred_at, ${bind('String', query.timezone)}) AS hour`,
      'count() AS events',
    ],
    rest: 'GROUP BY day, hour',
  });
  const counts = Array.from({ length: 7 }, () => Array<number>(24).fill(0));
  for (const { day, hour, events } of rows) counts[day - 1]![hour] = events;
  return counts;
}

function withoutSuccess(filter: Filter): Filter {
  const field = filterFields.find(({ names }) => names[0] === 'success')!;
  return { ...filter, parts: [...filter.parts, { field, value: false }] };
}
