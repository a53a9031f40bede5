import type { Connection, Engine, Result } from './engine.js';
import { FrontError } from './errors.js';
import type { Taken } from './intake.js';
import { type Parameters, preparation } from './parameters.js';
import type { Reply, Totals } from './reply.js';
import type { ResultPipe, ResultPipes } from './result-pipes.js';
import type { RunningQueries } from './running-queries.js';

/**
 * Runs one statement on a connection of its own, so that settings, parameters and database end with it, and writes the
 * answer. When `signal` aborts, the query is killed; an INSERT whose data have arrived runs to its end.
 */
export async function runQuery({
  engine,
  pipes,
  running,
  slot,
  taken,
  parameters,
  reply,
  signal,
}: {
  engine: Engine;
  pipes: ResultPipes;
  running: RunningQueries;
  slot: number;
  taken: Taken;
  parameters: Parameters;
  reply: Reply;
  signal: AbortSignal;
}): Promise<void> {
  const started = process.hrtime.bigint();
  const connection = engine.connect();
  const left = running.enter(parameters.queryId);
  try {
    for (const statement of preparation(parameters)) await connection.run(statement);
    signal.throwIfAborted();
    const totals = (result: Result): Totals =>
      totalsOf({ taken, result, elapsedNs: process.hrtime.bigint() - started });
    const { statement } = taken;
    if (statement.kind === 'rows') {
      const pipe = pipes.open(slot);
      const sql = statement.output(pipe.path);
      const result = await carryRows({
        connection,
        pipe,
        sql,
        format: parameters.defaultFormat,
        reply,
        signal,
        kill: left.kill,
      });
      await reply.end(totals(result));
    } else if (statement.kind === 'insert' && 'spool' in taken) {
      await reply.end(totals(await connection.run(statement.input(taken.spool.path))));
    } else if (statement.kind === 'plain') {
      const result = await killable(connection.run(statement.sql, parameters.defaultFormat), {
        signal,
        kill: left.kill,
      });
      await reply.write(result.bytes);
      await reply.end(totals(result));
    } else {
      throw new FrontError(62, 'SYNTAX_ERROR', 'Syntax error: Empty query');
    }
  } finally {
    left();
    connection.close();
  }
}

/** Rows go from the query through the pipe to the client as fast as the client takes them. */
async function carryRows({
  connection,
  pipe,
  sql,
  format,
  reply,
  signal,
  kill,
}: {
  connection: Connection;
  pipe: ResultPipe;
  sql: string;
  format: string;
  reply: Reply;
  signal: AbortSignal;
  kill: () => Promise<void>;
}): Promise<Result> {
  const query = connection.run(sql, format).finally(pipe.finish);
  const ended = query.then(
    () => true,
    () => true,
  );
  const stop = async (): Promise<void> => {
    // Killed first: a query that merely loses its reader goes on computing.
    await kill();
    pipe.abandon();
  };
  const onAbort = () => void stop();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const chunk of pipe.rows) await reply.write(chunk as Buffer);
    return await query;
  } catch (error) {
    await stop();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await ended;
  }
}

async function killable(
  query: Promise<Result>,
  { signal, kill }: { signal: AbortSignal; kill: () => Promise<void> },
): Promise<Result> {
  const onAbort = () => void kill();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await query;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The engine counts the rows that a SELECT gave and that an INSERT took; what a SELECT has read it does not tell. */
function totalsOf({ taken, result, elapsedNs }: { taken: Taken; result: Result; elapsedNs: bigint }): Totals {
  const inserted = taken.statement.kind === 'insert';
  return {
    readRows: result.rows,
    readBytes: result.rowBytes,
    writtenRows: inserted ? result.rows : 0,
    writtenBytes: inserted ? result.rowBytes : 0,
    resultRows: result.rows,
    resultBytes: result.rowBytes,
    elapsedNs: Number(elapsedNs),
  };
}
