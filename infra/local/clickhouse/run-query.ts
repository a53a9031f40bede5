import type { Connection, Engine, Result } from './engine.js';
import { FrontError } from './errors.js';
import type { Taken } from './intake.js';
import { leaseConnection } from './leases.js';
import type { Parameters } from './parameters.js';
import type { Reply, Totals } from './reply.js';
import type { ResultPipe, ResultPipes } from './result-pipes.js';
import type { RunningQueries } from './running-queries.js';
import type { Sessions } from './sessions.js';

/**
 * Runs one statement and writes the answer. When `signal` aborts, the query is killed; an INSERT whose data have arrived
 * runs to its end.
 */
export async function runQuery({
  engine,
  sessions,
  pipes,
  running,
  slot,
  taken,
  parameters,
  reply,
  signal,
}: {
  engine: Engine;
  sessions: Sessions;
  pipes: ResultPipes;
  running: RunningQueries;
  slot: number;
  taken: Taken;
  parameters: Parameters;
  reply: Reply;
  signal: AbortSignal;
}): Promise<void> {
  const started = process.hrtime.bigint();
  const { statement } = taken;
  if (statement.kind === 'empty') throw new FrontError(62, 'SYNTAX_ERROR', 'Syntax error: Empty query');
  if (parameters.session && parameters.readOnly && statement.kind !== 'rows') throw readOnlyRefused();
  const { kill, leave } = running.enter(parameters.queryId);
  let result: Result;
  try {
    const { connection, release } = await leaseConnection({ engine, sessions, parameters });
    try {
      signal.throwIfAborted();
      const format = parameters.defaultFormat;
      result = await runOn({ connection, pipes, slot, taken, format, reply, signal, kill });
    } finally {
      await release();
    }
  } finally {
    leave();
  }
  await reply.end(totalsOf({ taken, result, elapsedNs: process.hrtime.bigint() - started }));
}

const readOnlyRefused = (): FrontError =>
  new FrontError(164, 'READONLY', 'Cannot execute query in readonly mode: send what writes with POST.');

async function runOn({
  connection,
  pipes,
  slot,
  taken,
  format,
  reply,
  signal,
  kill,
}: {
  connection: Connection;
  pipes: ResultPipes;
  slot: number;
  taken: Taken;
  format: string;
  reply: Reply;
  signal: AbortSignal;
  kill: () => Promise<void>;
}): Promise<Result> {
  if (taken.kind === 'insert') return connection.run(taken.statement.input(taken.spool.path));
  const { statement } = taken;
  if (statement.kind === 'rows') {
    const pipe = pipes.open(slot);
    return carryRows({ connection, pipe, sql: statement.output(pipe.path), format, reply, signal, kill });
  }
  const sql = statement.kind === 'plain' ? statement.sql : '';
  const result = await killable(connection.run(sql, format), { signal, kill });
  await reply.write(result.bytes);
  return result;
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
  const inserted = taken.kind === 'insert';
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
