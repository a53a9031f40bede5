import type { Connection, Engine } from './engine.js';
import { FrontError } from './errors.js';
import type { Lease } from './leases.js';
import type { Parameters, SessionRequest } from './parameters.js';
import { preparation, setStatement, taggedSettings, useStatement } from './preparation.js';

/** Bytes: for the values of parameters, which do not count as part of the statement. */
const LONGEST_PREPARATION = 1024 ** 3;

interface Session {
  readonly connection: Connection;
  busy: boolean;
  expiry?: NodeJS.Timeout;
}

/**
 * Connections that outlive a query, by session_id: SET, USE and temporary tables hold from one request to the next. The
 * parameters of a request count for that request: they are put back after it, except for substitutions, which stay until
 * the same name comes again. One query at a time, as in ClickHouse.
 */
export function createSessions({ engine, limit }: { engine: Engine; limit: number }) {
  const sessions = new Map<string, Session>();

  const drop = (id: string): void => {
    const session = sessions.get(id);
    if (!session) return;
    sessions.delete(id);
    clearTimeout(session.expiry);
    session.connection.close();
  };

  const find = ({ id, mustExist }: SessionRequest): Session => {
    const found = sessions.get(id);
    if (found?.busy) throw new FrontError(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client`);
    if (found) return found;
    if (mustExist) throw new FrontError(372, 'SESSION_NOT_FOUND', `Session ${id} not found`);
    if (sessions.size >= limit) {
      throw new FrontError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `There are ${limit} sessions already.`, {
        status: 503,
      });
    }
    const session: Session = { connection: engine.connect(), busy: false };
    sessions.set(id, session);
    return session;
  };

  return {
    async enter({ session: request, parameters }: { session: SessionRequest; parameters: Parameters }): Promise<Lease> {
      const session = find(request);
      const { connection } = session;
      session.busy = true;
      clearTimeout(session.expiry);
      const leave = (): void => {
        session.busy = false;
        if (request.closeAfter) drop(request.id);
        else session.expiry = setTimeout(() => drop(request.id), request.timeoutMs).unref();
      };
      try {
        const restore = await restoreStatements({ connection, parameters });
        await connection.run(setStatement([['max_query_size', String(LONGEST_PREPARATION)]]));
        // Reading only is not a setting here: it could not be taken back. The caller refuses what is not a read.
        for (const statement of preparation({ ...parameters, readOnly: false })) await connection.run(statement);
        return {
          connection,
          async release() {
            try {
              for (const statement of restore) await connection.run(statement).catch(() => {});
            } finally {
              leave();
            }
          },
        };
      } catch (error) {
        leave();
        throw error;
      }
    },
    close(): void {
      for (const id of [...sessions.keys()]) drop(id);
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;

/** What takes a session back to where it was before the request's own database and settings. */
async function restoreStatements({
  connection,
  parameters,
}: {
  connection: Connection;
  parameters: Parameters;
}): Promise<string[]> {
  const names = [...taggedSettings(parameters).keys()].map((name) => `'${name}'`);
  const { bytes } = await connection.run(
    `SELECT name, value, changed FROM system.settings WHERE name IN (${names.join(', ')})`,
    'JSONCompactEachRow',
  );
  const before = bytes.toString().trim().split('\n').filter(Boolean);
  const settings = before.map((line) => JSON.parse(line) as [name: string, value: string, changed: number]);
  const statements = settings.map(([name, value, changed]) =>
    changed ? setStatement([[name, value]]) : `SET ${name} = DEFAULT`,
  );
  if (parameters.database === undefined) return statements;
  const database = (await connection.run('SELECT currentDatabase()', 'TSVRaw')).bytes.toString().replace(/\n$/, '');
  return [useStatement(database), ...statements];
}
