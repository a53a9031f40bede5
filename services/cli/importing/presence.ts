import type { Api } from '../http/api.js';
import { Refused } from '../http/problem.js';
import type { IdentifiedEvent } from './parts.js';

/** Whether events are in the audit log already. */
export interface Presence {
  /** How many of the events, from the first on, are there. Parts go in whole and in order, so what is there is their beginning. */
  beginning(events: readonly IdentifiedEvent[]): Promise<number>;
  /** False once the API key turned out not to permit looking. */
  readonly permitted: boolean;
}

/**
 * The gateway knows a request that comes again for a day. Looking before sending makes a repeated import harmless for as long as the
 * events are kept, and lets a file that has grown be imported again for its new lines.
 */
export function createPresence({ api, headers }: { api: Api; headers: Record<string, string> }): Presence {
  let permitted = true;
  const isThere = async ({ id }: IdentifiedEvent): Promise<boolean> => {
    if (!permitted) return false;
    try {
      await api.get(`/api/audit/${id}`, { headers, patienceMs: 30_000 });
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.problem.status === 404) return false;
      if (error.problem.status !== 403) throw error;
      permitted = false;
      return false;
    }
  };
  return {
    async beginning(events) {
      if (events.length === 0 || !(await isThere(events[0]!))) return 0;
      if (await isThere(events.at(-1)!)) return events.length;
      // The first is there and the last is not: halve until the border is found.
      let [there, missing] = [0, events.length - 1];
      while (missing - there > 1) {
        const middle = (there + missing) >> 1;
        if (await isThere(events[middle]!)) there = middle;
        else missing = middle;
      }
      return missing;
    },
    get permitted() {
      return permitted;
    },
  };
}
