// The questions that `query` asks of insight: facets, histograms, autocomplete, and the pages of entities, workflows and actors.
import type { ScopeFor } from '../../services/gateway/query/event-queries.js';
import { type Ask, createInsights } from '../../services/gateway/query/insight/insights.js';
import type { EventsTable } from '../../services/gateway/query/scope.js';
import { addressOf, documentId, documentsOf, emailOf, userId } from './made-up-company.js';
import type { Asked, Kind } from './query-kinds.js';

const dayMs = 86_400_000;
/** What the console's explorer shows beside its list. */
const explorer = 'action,category,outcome,actor_type,target_type,service';

export function insightKinds({ table, endMs }: { table: EventsTable; endMs: number }): Kind[] {
  const insights = createInsights({ table, now: () => endMs });
  const asking = (
    { scope, signal }: { scope: ScopeFor; signal: AbortSignal },
    query: Record<string, unknown>,
  ): Ask => ({
    scopeFor: scope,
    query,
    signal,
  });
  const facets = (name: string, query: Record<string, unknown>): Kind => ({
    name: `facets: ${name}`,
    ask: async (asked) => Object.keys((await insights.facets(asking(asked, query))).facets).length,
  });
  const series = (name: string, query: (asked: Asked) => Record<string, unknown>): Kind => ({
    name: `histogram: ${name}`,
    ask: async (asked) => (await insights.timeseries(asking(asked, query(asked)))).total,
  });
  const values = (field: string, prefix: (asked: Asked) => string): Kind => ({
    name: `values: ${field}`,
    ask: async (asked) => (await insights.values(field, asking(asked, { prefix: prefix(asked) }))).values.length,
  });
  const entity = (name: string, query: Record<string, unknown>): Kind => ({
    name: `entity: ${name}`,
    async ask(asked) {
      const { organization, n } = asked;
      const id = documentId(organization, (n * 131) % documentsOf(organization));
      return (await insights.entity({ type: 'document', id }, asking(asked, query))).events.length;
    },
  });
  return [
    facets('the explorer’s six, 24 hours', { fields: explorer, preset: '24h' }),
    facets('the explorer’s six, 30 days', { fields: explorer, preset: '30d' }),
    facets('the explorer’s six, all', { fields: explorer }),
    facets('action, all', { fields: 'action' }),
    facets('actor, 30 days', { fields: 'actor', preset: '30d' }),
    facets('actor, all', { fields: 'actor' }),
    facets('ip, all', { fields: 'ip' }),
    series('24 hours', () => ({ preset: '24h' })),
    series('30 days by outcome', () => ({ preset: '30d', by: 'outcome' })),
    series('a year', () => ({ from: endMs - 365 * dayMs, to: endMs })),
    series('a year by category', () => ({ from: endMs - 365 * dayMs, to: endMs, by: 'category' })),
    series('no time given', () => ({})),
    values('action', () => 'auth'),
    values('actor_email', ({ flow }) => emailOf(flow.organization, flow.user).slice(0, 4)),
    values('ip', ({ flow }) => addressOf(flow.organization, flow.user, flow.network).slice(0, 5)),
    entity('history', {}),
    entity('history and state now', { at: 'now' }),
    {
      name: 'workflow',
      ask: async (asked) => (await insights.correlation(asked.flow.correlation, asking(asked, {}))).total,
    },
    {
      name: 'actor’s page',
      async ask(asked) {
        const { flow } = asked;
        return (await insights.actor(userId(flow.organization, flow.user), asking(asked, {}))).events;
      },
    },
  ];
}
