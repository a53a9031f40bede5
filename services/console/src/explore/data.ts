import { type ReadonlySignal, signal } from '@preact/signals';
import type { Api } from '../api/call.js';
import { createLoading, type Loading } from '../api/load.js';
import type { Parameters } from '../api/parameters.js';
import { asProblem, type Problem } from '../api/problem.js';
import type { AuditEvent, EventList, Facets, Timeseries } from '../api/types.js';
import type { Clock } from './tail.js';

/** The events found so far, and how they go on. */
export interface Found {
  readonly events: readonly AuditEvent[];
  readonly loading: boolean;
  /** False where there are no further ones. */
  readonly more: boolean;
  readonly problem: Problem | undefined;
}

export interface ExploreData {
  readonly found: ReadonlySignal<Found>;
  readonly facets: Loading<Facets>['state'];
  readonly timeseries: Loading<Timeseries>['state'];
  /** Asks everything anew; what was under way is given up. */
  ask(asked: { base: string; query: Parameters; order: string }): void;
  /** The next page, unless it is under way or there is none. */
  more(): void;
  stop(): void;
}

/** The first page is to be there at once, the next ones before they are needed. */
const [firstPage, nextPage] = [100, 500];
export const facetFields = ['category', 'action', 'outcome', 'actor', 'target_type', 'service', 'ip'] as const;
const facetValues = 8;

/** The counts wait so long for the first rows, for which most people wait: asked for together, they hold each other up. */
const rowsFirstMs = 250;

export function createExploreData({ api, clock }: { api: Api; clock: Pick<Clock, 'after'> }): ExploreData {
  const found = signal<Found>({ events: [], loading: true, more: false, problem: undefined });
  const facets = createLoading<Facets>();
  const timeseries = createLoading<Timeseries>();
  let running = new AbortController();
  let next: (() => void) | undefined;

  const page = async (
    base: string,
    query: Parameters,
    cursor: string | undefined,
    before: readonly AuditEvent[],
  ): Promise<void> => {
    const mine = running.signal;
    next = undefined;
    found.value = { ...found.peek(), loading: true, problem: undefined };
    await api.get<EventList>(base, { ...query, limit: cursor === undefined ? firstPage : nextPage, cursor }, mine).then(
      ({ events, next_cursor }) => {
        if (mine.aborted) return;
        const all = [...before, ...events];
        found.value = { events: all, loading: false, more: next_cursor !== null, problem: undefined };
        if (next_cursor !== null) next = () => void page(base, query, next_cursor, all);
      },
      (error: unknown) => {
        if (mine.aborted) return;
        found.value = { ...found.peek(), loading: false, problem: asProblem(error) };
        next = () => void page(base, query, cursor, before);
      },
    );
  };

  const stop = (): void => {
    running.abort();
    facets.stop();
    timeseries.stop();
  };

  return {
    found,
    facets: facets.state,
    timeseries: timeseries.state,
    stop,
    ask({ base, query, order }) {
      stop();
      running = new AbortController();
      found.value = { events: [], loading: true, more: false, problem: undefined };
      const rows = page(base, { ...query, order }, undefined, []);
      const rowsFirst = Promise.race([rows, new Promise<void>((resolve) => clock.after(rowsFirstMs, resolve))]);
      const ask = async <T>(path: string, more: Parameters, signal: AbortSignal): Promise<T> => {
        await rowsFirst;
        return api.get<T>(`${base}/${path}`, { ...query, ...more }, signal);
      };
      timeseries.run((signal) => ask('timeseries', { by: 'outcome' }, signal));
      const counted = { fields: facetFields, top: facetValues, labels: true, exclude_own: true };
      facets.run((signal) => ask('facets', counted, signal));
    },
    more: () => next?.(),
  };
}
