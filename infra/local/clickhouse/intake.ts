import type { Body } from './body.js';
import { FrontError } from './errors.js';
import type { Spool, Spools } from './spool.js';
import { readStatement, type Statement } from './statement.js';

/** A statement that has arrived whole, with the data of an INSERT in `spool`. */
export type Taken =
  | { readonly kind: 'statement'; readonly statement: Exclude<Statement, { kind: 'insert' }> }
  | { readonly kind: 'insert'; readonly statement: Extract<Statement, { kind: 'insert' }>; readonly spool: Spool };

/** Behind so many bytes a body that starts with INSERT must have come to its data; until then it is kept as a statement. */
const HEAD_BYTES = 65_536;

/**
 * Takes in `query`, a line break and the body, which is how ClickHouse puts a statement together. The data of an INSERT
 * go to a spool as they come; any other statement may be `statementBytes` long. The caller removes the spool.
 */
export async function takeIn({
  query,
  body,
  spools,
  statementBytes,
}: {
  query: string;
  body: Body;
  spools: Spools;
  statementBytes: number;
}): Promise<Taken> {
  let read = query === '' ? Buffer.alloc(0) : Buffer.from(`${query}\n`);
  const early = insertAtHead(read);
  if (early) return spoolData({ statement: early, read, body, spools });

  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const join = (): Buffer => {
    read = Buffer.concat([read, ...pending]);
    pending = [];
    pendingBytes = 0;
    return read;
  };
  let looked = read.length;
  for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (looked < HEAD_BYTES && read.length + pendingBytes > HEAD_BYTES) {
      const statement = insertAtHead(join());
      if (statement) return spoolData({ statement, read, body, spools });
      looked = read.length;
    }
    if (read.length + pendingBytes > statementBytes) throw statementTooLarge(statementBytes);
  }
  const statement = readStatement(join());
  if (statement.kind === 'insert') return spoolData({ statement, read, body, spools });
  return { kind: 'statement', statement };
}

/** The INSERT that these bytes begin with, when its data begin among them too. */
function insertAtHead(head: Buffer): Extract<Statement, { kind: 'insert' }> | undefined {
  if (!/^\s*(insert|with|--|#|\/\*)/i.test(head.toString('latin1', 0, 64))) return undefined;
  try {
    const statement = readStatement(head);
    return statement.kind === 'insert' ? statement : undefined;
  } catch {
    return undefined;
  }
}

async function spoolData({
  statement,
  read,
  body,
  spools,
}: {
  statement: Extract<Statement, { kind: 'insert' }>;
  read: Buffer;
  body: Body;
  spools: Spools;
}): Promise<Taken> {
  const spool = spools.open();
  try {
    if (statement.dataStart < read.length) await spool.append(read.subarray(statement.dataStart));
    for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) await spool.append(chunk);
    return { kind: 'insert', statement, spool };
  } catch (error) {
    spool.remove();
    throw error;
  }
}

const statementTooLarge = (limit: number): FrontError =>
  new FrontError(
    552,
    'QUERY_IS_TOO_LARGE',
    `The statement is longer than ${limit} bytes. The data of an INSERT may be longer: put them behind FORMAT or VALUES.`,
  );
