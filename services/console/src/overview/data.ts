import type { Api } from '../api/call.js';
import { asProblem, type Problem } from '../api/problem.js';
import type { EventList, Facets, Timeseries } from '../api/types.js';
import type { ListedShard } from '../integrity/log.js';
import { failedSignIns } from './question.js';

export interface OverviewAlert {
  level: 'informational' | 'low' | 'medium' | 'high' | 'critical';
  state: string;
}

export interface Overview {
  at: string;
  byCategory: Timeseries;
  byOutcome: Timeseries;
  signIns: Timeseries;
  signInFacets: Facets;
  facets: Facets;
  newest: EventList;
  /** Or why they cannot be seen: a plan may not include them. */
  alerts: { alerts: OverviewAlert[]; next_cursor: string | null } | Problem;
  shards: ListedShard[];
}

const top = 7;
/** Alerts that are not over; more than this are said to be more. */
export const mostAlerts = 500;

/** All that the page shows, at one moment. */
export async function loadOverview({ api, ms }: { api: Api; ms: number }, signal: AbortSignal): Promise<Overview> {
  const nowMs = Date.now();
  const from = new Date(nowMs - ms).toISOString();
  const series = (by: string, more = {}) =>
    api.get<Timeseries>('/api/audit/timeseries', { from, by, top: 6, ...more }, signal);
  const facets = (fields: string[], more = {}) =>
    api.get<Facets>('/api/audit/facets', { from, fields, top, labels: true, ...more }, signal);
  const [byCategory, byOutcome, signIns, signInFacets, counted, newest, alerts, log] = await Promise.all([
    series('category'),
    series('outcome'),
    series('outcome', failedSignIns),
    facets(['ip'], failedSignIns),
    facets(['actor', 'target_id', 'action', 'service']),
    api.get<EventList>('/api/audit', { limit: 1 }, signal),
    api
      .get<{ alerts: OverviewAlert[]; next_cursor: string | null }>(
        '/api/alerts',
        { state: ['open', 'acknowledged'], limit: mostAlerts },
        signal,
      )
      .catch((error: unknown) => asProblem(error)),
    api.get<{ shards: ListedShard[] }>('/api/log', {}, signal),
  ]);
  return {
    at: new Date(nowMs).toISOString(),
    byCategory,
    byOutcome,
    signIns,
    signInFacets,
    facets: counted,
    newest,
    alerts,
    shards: log.shards,
  };
}
