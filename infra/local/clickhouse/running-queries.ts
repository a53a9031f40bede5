import type { Connection, Engine } from './engine.js';
import { FrontError } from './errors.js';
import { killStatement } from './preparation.js';

const KILL_AGAIN_MS = 100;

/** A query that is under way. */
export interface Running {
  /** The query has ended. */
  leave(): void;
  /** Resolves once the engine has been told, which it is again until the query has ended. */
  kill(): Promise<void>;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The queries under way, by id. An id that is in use is refused, as by ClickHouse. */
export function createRunningQueries({ engine }: { engine: Engine }) {
  const running = new Map<string, Running>();

  /** Never throws: what fails now is tried again, and a query that nothing kills ends by itself. */
  const killOnce = async (queryId: string): Promise<void> => {
    let connection: Connection | undefined;
    try {
      connection = engine.connect();
      await connection.run(killStatement(queryId));
    } catch {
    } finally {
      connection?.close();
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
      const entry: Running = { leave, kill };
      running.set(queryId, entry);
      return entry;
    },
    killAll: () => Promise.all([...running.values()].map((query) => query.kill())),
  };
}

export type RunningQueries = ReturnType<typeof createRunningQueries>;
