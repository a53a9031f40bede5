import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
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
import type { Difference, Report } from '../../fsck/difference.js';
import type { Fsck, LogCheck } from '../../fsck/fsck.js';
import { folderFiles, httpFiles } from '../../fsck/log-files.js';
import { runFsck } from '../../fsck/run.js';
import { instanceEnvironment } from '../connection/connection.js';
import { CliError, exitCodes } from '../errors.js';
import { type OutputFormat, outputFormats } from '../output/printer.js';
import { createProgress } from '../output/progress.js';
import { collected, type Tools, wholeNumber } from './command.js';

interface FsckOptions {
  output: OutputFormat;
  kafka: boolean;
  log: string | boolean | undefined;
  checkpoint?: string[];
  partition?: number;
  limit: number;
}

const mostShown = 100_000;

export function addFsck(parent: Command, tools: Tools): void {
  parent
    .command('fsck')
    .description('reconciles Kafka, the stored rows, their signatures and the log; exit 3 names every difference')
    .option('--no-kafka', 'leave out what Kafka still holds')
    .option('--log <folder or url>', 'the log: its folder, or where it is served (default: SEALSTREAM_LOG_DIR)')
    .option('--no-log', 'leave out the log')
    .option('--checkpoint <file>', 'a checkpoint kept elsewhere, as a witness has it; may be repeated', collected)
    .option('--partition <n>', 'this one alone', wholeNumber(0, 2 ** 31))
    .option('--limit <n>', 'print at most so many differences; all are counted', wholeNumber(1, mostShown), 1_000)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(outputFormats).default('table'))
    .action((options: FsckOptions) => run(options, tools));
}

async function run(options: FsckOptions, { surroundings, printer, exitWith }: Tools): Promise<void> {
  const environment = instanceEnvironment(surroundings);
  const found: Difference[] = [];
  let count = 0;
  const report: Report = (one) => {
    count += 1;
    if (found.length < options.limit) found.push(one);
  };
  const progress = createProgress(surroundings);
  const began = surroundings.nowMs();
  const result = await reconcile(environment, options, {
    report,
    onProgress: ({ records, events, of }) =>
      progress.show(() => `${whole(records)} of ${whole(of)} records, ${whole(events)} events, ${count} differences`),
    signal: surroundings.signal,
    cwd: surroundings.cwd,
  }).finally(() => progress.done());
  if (count > 0) exitWith(exitCodes.tampered);
  const seconds = (surroundings.nowMs() - began) / 1_000;
  if (options.output === 'ndjson') {
    for (const one of found) await printer.ndjson(one);
    return;
  }
  if (options.output === 'json') {
    const { records, events } = result;
    return printer.json({ clean: count === 0, differences: found, count, records, events, seconds });
  }
  for (const one of found) await printer.text(`${describe(one)}\n`);
  if (count > found.length) await printer.text(`… and ${whole(count - found.length)} more\n`);
  await printer.text(`${summary(result, { count, seconds, options })}\n`);
}

interface Running {
  report: Report;
  onProgress: (progress: { records: number; events: number; of: number }) => void;
  signal: AbortSignal;
  cwd: string;
}

async function reconcile(environment: Environment, options: FsckOptions, running: Running): Promise<Fsck> {
  const { addresses, deployment, topics } = readWhere(environment);
  const { kafkaBrokers: brokers, clickhouseUrl, clickhouseDatabase: database } = addresses;
  const groupId = readGroup(environment, 'consumer', topics);
  const logger = createLogger('fsck', 'silent');
  const clickhouse = createClickHouse({ url: clickhouseUrl, database });
  try {
    return await runFsck(
      {
        clickhouse,
        database,
        kafka: createKafka({ brokers, clientId: 'sealstream-fsck', log: logger }),
        topics,
        groupId,
        deployment,
      },
      {
        withKafka: options.kafka,
        log: await logOf(environment, options, { ...running, audience: deployment.audience }),
        onlyPartition: options.partition,
        report: running.report,
        onProgress: running.onProgress,
        logger,
        signal: running.signal,
      },
    );
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
async function logOf(
  environment: Environment,
  { log, checkpoint = [] }: FsckOptions,
  { report, cwd, audience }: Pick<Running, 'report' | 'cwd'> & { audience: string },
): Promise<LogCheck | undefined> {
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
  return createLogCheck({ read, audience, keysOf, known, keptEvery: isServed ? undefined : keptEvery, report });
}

const whole = (value: number): string => value.toLocaleString('en');

/** `event_altered  partition 0, offset 17, event 3 (leaf): …` */
export function describe({ kind, place, step, detail }: Difference): string {
  const { shard, partition, offset, lastOffset, index, incarnation } = place;
  const at =
    shard ??
    [
      `partition ${partition}`,
      lastOffset === undefined ? `offset ${offset}` : `offsets ${offset}–${lastOffset}`,
      ...(index === undefined ? [] : [`event ${index}`]),
      `of ${incarnation.slice(0, 8)}`,
    ].join(', ');
  return `${kind}  ${at}${step ? ` (${step})` : ''}: ${detail}`;
}

function summary(
  { records, events, partitions, kafka }: Fsck,
  { count, seconds, options }: { count: number; seconds: number; options: FsckOptions },
): string {
  const compared = kafka?.reduce((sum, { partition, low, high }) => {
    const own = partitions.filter((one) => one.partition === partition).at(-1);
    return sum + (own ? Math.max(0, Math.min(high, own.next) - Math.max(low, own.first)) : 0);
  }, 0);
  const beside = compared === undefined ? '' : `, ${whole(compared)} of them against Kafka`;
  const log = options.log === false ? '' : ' and against the log';
  const said = count === 0 ? 'No difference' : `${whole(count)} ${count === 1 ? 'difference' : 'differences'}`;
  const size = `${whole(records)} records with ${whole(events)} events in ${partitions.length} partitions`;
  return `${said}: ${size}${beside}${log}, in ${seconds.toFixed(1)} s.`;
}
