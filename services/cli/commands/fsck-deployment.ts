import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createClickHouse } from '../../core/clients/clickhouse.js';
import { createKafka } from '../../core/clients/kafka.js';
import { type Environment, readAddresses, readEnvironment } from '../../core/config.js';
import { readDeployment, readGroup } from '../../core/deployment.js';
import { messageOf } from '../../core/errors.js';
import { createLogger } from '../../core/log.js';
import { keptEvery } from '../../core/log-folder/index.js';
import { createNoteKey, type NoteKey } from '../../core/tlog/index.js';
import { sha256 } from '../../core/tlog/node.js';
import { createLogCheck } from '../../fsck/check-log.js';
import type { Report } from '../../fsck/difference.js';
import { folderFiles, httpFiles } from '../../fsck/log-files.js';
import type { FsckDeployment } from '../../fsck/run.js';
import { CliError } from '../errors.js';

/** Kafka and ClickHouse themselves, as long as `work` takes. */
export async function withDeployment<T>(
  environment: Environment,
  work: (deployment: FsckDeployment) => Promise<T>,
): Promise<T> {
  const { addresses, deployment, topics } = readWhere(environment);
  const { kafkaBrokers: brokers, clickhouseUrl, clickhouseDatabase: database } = addresses;
  const clickhouse = createClickHouse({ url: clickhouseUrl, database });
  try {
    return await work({
      clickhouse,
      database,
      kafka: createKafka({ brokers, clientId: 'sealstream-fsck', log: createLogger('fsck', 'silent') }),
      topics,
      groupId: readGroup(environment, 'consumer', topics),
      deployment,
    });
  } finally {
    await clickhouse.close();
  }
}

function readWhere(environment: Environment) {
  try {
    return { addresses: readAddresses(environment), ...readDeployment(environment) };
  } catch (error) {
    throw new CliError(
      'no_instance',
      `${messageOf(error)}\nfsck reads Kafka and ClickHouse themselves: run it where .sealstream/env is (npm start leaves it), or set those variables.`,
    );
  }
}

/** The log that is meant, and the key that is trusted: the one that the operator pins, never the one that the log names itself. */
export async function readLogOptions(
  environment: Environment,
  { log, checkpoint = [] }: { log: string | boolean | undefined; checkpoint?: string[] },
  { cwd, audience }: { cwd: string; audience: string },
): Promise<((report: Report) => ReturnType<typeof createLogCheck>) | undefined> {
  const env = readEnvironment(environment);
  if (log === false) return undefined;
  // Commander says true where --no-log is known and neither was given.
  const where = typeof log === 'string' ? log : env.optional('SEALSTREAM_LOG_DIR');
  if (where === undefined) return undefined;
  const publicKeys = env.list('SEALSTREAM_LOG_PUBLIC_KEY', '').map((text) => Buffer.from(text, 'base64'));
  if (publicKeys.length === 0 || publicKeys.some(({ length }) => length !== 32)) {
    throw new CliError(
      'input',
      'SEALSTREAM_LOG_PUBLIC_KEY must hold the log’s public key (32 bytes in base64; several with commas between).',
    );
  }
  const keysOf = (name: string): NoteKey[] => publicKeys.map((publicKey) => createNoteKey({ sha256, name, publicKey }));
  const known = await Promise.all(
    checkpoint.map(async (file) => ({ from: file, note: await readFile(resolve(cwd, file), 'utf8') })),
  );
  const isServed = /^https?:\/\//.test(where);
  const read = isServed ? httpFiles(where) : folderFiles(resolve(cwd, where));
  return (report) =>
    createLogCheck({ read, audience, keysOf, known, keptEvery: isServed ? undefined : keptEvery, report });
}
