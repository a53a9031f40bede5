// The questions that `query` asks: every kind of the query surface, each with values that differ from question to question.
import type { EventQueries, ScopeFor } from '../../services/gateway/query/event-queries.js';
import {
  addressOf,
  documentId,
  documentsOf,
  emailOf,
  type Flow,
  firstEventOf,
  organizationName,
  regions,
  requestId,
  someFlows,
  userId,
  words,
} from './made-up-company.js';
import type { StoredYear } from './stored-year.js';

/** Whose events are asked for: of the largest organization, of one of fifty in the middle, of all of them. */
export const breadths = ['largest', 'middle', 'all'] as const;
export type Breadth = (typeof breadths)[number];

export interface Asked {
  n: number;
  scope: ScopeFor;
  organization: number;
  /** One that the scope holds. */
  flow: Flow;
  signal: AbortSignal;
}

export interface Kind {
  name: string;
  /** Answers what was found. */
  ask: (asked: Asked) => Promise<number>;
  /** Where it makes no sense of every breadth. */
  only?: readonly Breadth[];
  /** Asked before the clock starts. */
  before?: (asked: Asked) => Promise<unknown>;
}

const scopeOf =
  (organization: number | undefined): ScopeFor =>
  () => ({ kind: 'organizations', organizations: organization === undefined ? '*' : [organizationName(organization)] });

/** The `n`th question's whereabouts. */
export function createAsking({ year, times }: { year: StoredYear; times: number }) {
  const flows = new Map<string, Flow[]>();
  const flowOf = (organization: number | undefined, n: number): Flow => {
    const key = String(organization);
    const known = flows.get(key) ?? someFlows({ events: year.events, count: times + 10, organization });
    flows.set(key, known);
    return known[n % known.length]!;
  };
  return (breadth: Breadth, n: number, signal: AbortSignal): Asked => {
    const organization = breadth === 'all' ? undefined : breadth === 'largest' ? 0 : 20 + (n % 50);
    const flow = flowOf(organization, n);
    return { n, scope: scopeOf(organization), organization: flow.organization, flow, signal };
  };
}

const dayMs = 86_400_000;
const firstWord = (flow: Flow): string => emailOf(flow.organization, flow.user).split('@')[0]!;

export function kindsOf(queries: EventQueries, { endMs }: StoredYear): Kind[] {
  type Query = Record<string, unknown>;
  const found = ({ events: { length } }: { events: readonly unknown[] }): number => length;
  const list = (name: string, query: (asked: Asked) => Query, more: Partial<Kind> = {}): Kind => ({
    name,
    ask: async (asked) => found(await queries.list(asked.scope, query(asked), asked.signal)),
    ...more,
  });
  const summary = (name: string, query: Query): Kind => ({
    name,
    ask: async ({ scope, signal }) => (await queries.summary(scope, query, signal)).total,
  });
  const day = (n: number): number => endMs - ((n * 37) % 360) * dayMs;
  const cursors = new Map<string, string>();
  const keyOf = ({ n, organization, flow }: Asked): string => `${n} ${organization} ${flow.number}`;
  const paged = (name: string, first: (asked: Asked) => Query, order: 'newest' | 'ingest' = 'newest'): Kind => ({
    name,
    async before(asked) {
      const { next_cursor } = await queries.list(asked.scope, first(asked), asked.signal);
      if (next_cursor) cursors.set(keyOf(asked), next_cursor);
    },
    async ask(asked) {
      const cursor = cursors.get(keyOf(asked));
      if (!cursor) return 0;
      const query = order === 'ingest' ? { ...first(asked), since: cursor } : { ...first(asked), cursor };
      return found(await queries.list(asked.scope, query, asked.signal));
    },
  });
  const ids = new Map<string, string>();

  return [
    list('newest 100', () => ({})),
    list('newest 100 before a time', ({ n }) => ({ to: day(n) })),
    list('oldest 100', () => ({ order: 'oldest' })),
    paged('second page', () => ({})),
    paged('second page, deep in the year', ({ n }) => ({ to: day(n) })),
    list('page 20 by number', () => ({ offset: 1_900 })),
    list('action, often', ({ n }) => ({ action: ['document.shared', 'login_failed', 'comment'][n % 3] })),
    list('action, rare', ({ n }) => ({ action: ['policy.set', 'member.added', 'api_key', 'export'][n % 4] })),
    list('actor id', ({ flow }) => ({ actor: userId(flow.organization, flow.user) })),
    list('actor email', ({ flow }) => ({ actor: emailOf(flow.organization, flow.user) })),
    list('target', ({ organization, n }) => ({
      target_type: 'document',
      target_id: documentId(organization, (n * 131) % documentsOf(organization)),
    })),
    list('correlation', ({ flow }) => ({ correlation_id: flow.correlation })),
    list('request', ({ flow }) => ({ request_id: requestId(firstEventOf(flow.number)) })),
    list('ip block', ({ flow }) => ({ ip: `${addressOf(flow.organization, flow.user, flow.network)}/24` })),
    list('ip', ({ flow }) => ({ ip: addressOf(flow.organization, flow.user, flow.network) })),
    list('outcome=failure', () => ({ outcome: 'failure' })),
    list('success=false on a day', ({ n }) => ({ success: false, from: day(n) - dayMs, to: day(n) })),
    list('word', ({ n }) => ({ q: words[n % words.length] })),
    list('word, rare', ({ flow }) => ({ q: firstWord(flow) })),
    list('word that nothing has', ({ n }) => ({ q: `nothing${n}` })),
    list('two words', ({ n, flow }) => ({ q: `${words[n % words.length]} ${firstWord(flow)}` })),
    list('phrase', ({ n }) => ({ q: `"${words[n % words.length]} ${words[(n * 3) % words.length]}"` })),
    list('part of an email', ({ flow }) => ({ q: `email:*${firstWord(flow).slice(2)}*` })),
    list('details.region', ({ n }) => ({ q: `details.region:${regions[n % regions.length]}` })),
    list('details.revision', ({ n }) => ({ q: `details.revision:${(n * 101) % 5_000}` })),
    {
      name: 'by id',
      async before(asked) {
        const query = { correlation_id: asked.flow.correlation, limit: 1 };
        const { events: rows } = await queries.list(asked.scope, query, asked.signal);
        if (rows[0]) ids.set(keyOf(asked), rows[0].id);
      },
      async ask(asked) {
        const id = ids.get(keyOf(asked));
        return id && (await queries.byId(asked.scope(undefined), id, asked.signal)) ? 1 : 0;
      },
    },
    summary('facets, 24 hours', { preset: '24h' }),
    summary('facets, 30 days', { preset: '30d' }),
    summary('facets, all', {}),
    summary('facets, failures of all time', { outcome: 'failure' }),
    paged('order=ingest, from the beginning', () => ({ order: 'ingest', limit: 1_000 }), 'ingest'),
    list('order=ingest, caught up', () => ({ order: 'ingest', since: 'now' })),
  ];
}
