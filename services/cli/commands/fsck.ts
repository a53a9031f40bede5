import { type Command, Option } from 'commander';
import type { Environment } from '../../core/config.js';
import { createLogger } from '../../core/log.js';
import type { Difference, Report } from '../../fsck/difference.js';
import type { Fsck } from '../../fsck/fsck.js';
import { runFsck } from '../../fsck/run.js';
import { instanceEnvironment } from '../connection/connection.js';
import { exitCodes, usageError } from '../errors.js';
import { type OutputFormat, outputFormats } from '../output/printer.js';
import { createProgress } from '../output/progress.js';
import { collected, type Tools, wholeNumber } from './command.js';
import { readLogOptions, withDeployment } from './fsck-deployment.js';
import { repair } from './fsck-repair.js';

export interface FsckOptions {
  output: OutputFormat;
  kafka: boolean;
  log: string | boolean | undefined;
  checkpoint?: string[];
  partition?: number;
  limit: number;
  repair?: boolean;
  yes?: boolean;
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
    .option('--repair', 'say what would be deleted and written anew from Kafka; the consumer must be stopped')
    .option('--yes', 'with --repair: do it')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(outputFormats).default('table'))
    .action((options: FsckOptions) => {
      if (options.yes && !options.repair) throw usageError('--yes belongs to --repair: fsck alone changes nothing.');
      if (options.repair && !options.kafka)
        throw usageError('A repair is made from Kafka: --no-kafka does not go with it.');
      return options.repair ? repair(options, tools) : run(options, tools);
    });
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

function reconcile(environment: Environment, options: FsckOptions, running: Running): Promise<Fsck> {
  return withDeployment(environment, async (deployment) => {
    const openLog = await readLogOptions(environment, options, {
      cwd: running.cwd,
      audience: deployment.deployment.audience,
    });
    return runFsck(deployment, {
      withKafka: options.kafka,
      log: openLog?.(running.report),
      onlyPartition: options.partition,
      report: running.report,
      onProgress: running.onProgress,
      logger: createLogger('fsck', 'silent'),
      signal: running.signal,
    });
  });
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
