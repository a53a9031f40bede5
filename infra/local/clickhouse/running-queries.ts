import type { Engine } from './engine.js';
import { FrontError } from './errors.js';
import { queryTag } from './parameters.js';

const KILL_AGAIN_MS = 100;

/** A query that is under way; call it when the query has ended. */
export interface Running {
  (): void;
  /** Resolves once the engine has been told, which it is again until the query has ended. */
  kill(): Promise<void>;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The queries under way, by id. An id that is in use is refused, as by ClickHouse. */
export function createRunningQueries({ engine }: { engine: Engine }) {
  const running = new Map<string, Running>();

  const killOnce = async (queryId: string): Promise<void> => {
    const connection = engine.connect();
    try {
      const tag = queryTag(queryId).replace(/[\\']/g, '\\$&');
      await connection.run(`KILL QUERY WHERE endsWith(Settings['log_comment'], '${tag}') ASYNC`);
    } finally {
      connection.close();
    }
  };

  return {
    enter(queryId: string): Running {
      if (running.has(queryId)) {
        throw new FrontError(
          216,
          'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
          `Query with id = ${queryId} is already running.`,
        );
      }
      let ended = false;
      const leave = () => {
        ended = true;
        running.delete(queryId);
      };
      // Before the query is known to the engine a kill finds nothing, so it is repeated.
      const again = async (): Promise<void> => {
        while (!ended) {
          await wait(KILL_AGAIN_MS);
          if (!ended) await killOnce(queryId);
        }
      };
      const kill = async (): Promise<void> => {
        if (ended) return;
        await killOnce(queryId);
        void again();
      };
      const entry: Running = Object.assign(leave, { kill });
      running.set(queryId, entry);
      return entry;
    },
    killAll: () => Promise.all([...running.values()].map((query) => query.kill())),
    get size() {
      return running.size;
    },
  };
}

export type RunningQueries = ReturnType<typeof createRunningQueries>;
