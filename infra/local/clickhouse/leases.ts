import type { Connection, Engine } from './engine.js';
import type { Parameters } from './parameters.js';
import { preparation } from './preparation.js';
import type { Sessions } from './sessions.js';

/** A connection that is ready for one query. */
export interface Lease {
  readonly connection: Connection;
  release(): Promise<void>;
}

/**
 * A connection of the query's own, so that settings, substitutions, database and temporary tables end with it; or that of
 * its session.
 */
export async function leaseConnection({
  engine,
  sessions,
  parameters,
}: {
  engine: Engine;
  sessions: Sessions;
  parameters: Parameters;
}): Promise<Lease> {
  if (parameters.session) return sessions.enter({ session: parameters.session, parameters });
  const connection = engine.connect();
  try {
    for (const statement of preparation(parameters)) await connection.run(statement);
  } catch (error) {
    connection.close();
    throw error;
  }
  return { connection, release: async () => connection.close() };
}
