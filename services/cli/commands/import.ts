import { randomBytes } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { createOpaqueIds, importers, parseTimeZone } from '../../producer/importers/index.js';
import { dataFolder } from '../connection/instance.js';
import { exitCodes, usageError } from '../errors.js';
import { defaultZone, hintsOf } from '../importing/hints.js';
import { openIdKey } from '../importing/id-key.js';
import { type LineSource, openLines } from '../importing/lines.js';
import { createEventIds, partsOf } from '../importing/parts.js';
import { sendParts } from '../importing/send.js';
import { isComplete, type Outcome, renderSummary, summaryJson } from '../importing/summary.js';
import { createTally, type Tally, tallied } from '../importing/tally.js';
import { createProgress, type Progress } from '../output/progress.js';
import { type CommonOptions, type Tools, wholeNumber, withCommonOptions } from './command.js';

interface Options extends CommonOptions {
  format: string;
  organization: string;
  service?: string;
  year?: number;
  timezone?: string;
  failures: 'sshd' | 'pam';
  idKeyFile?: string;
  dryRun?: boolean;
}

export function addImport(parent: Command, tools: Tools): void {
  const formats = importers.map(({ format }) => format);
  const command = parent
    .command('import')
    .description('events out of a log file')
    .argument('<file>', 'plain or gzip; - for stdin')
    .addOption(new Option('--format <format>', 'of the file').choices(formats).makeOptionMandatory())
    .requiredOption('--organization <id>', 'whose events these are')
    .option('--service <name>', "the events' service; default: the format's own")
    .option(
      '--year <year>',
      'of the first line, for times without one; default: the newest past',
      wholeNumber(1970, 2199),
    )
    .option('--timezone <zone>', `for times without one: Europe/Berlin, +02:00; default: ${defaultZone}`)
    .addOption(
      new Option('--failures <lines>', "whose lines count as failed logins: sshd's, or PAM's for files without sshd's")
        .choices(['sshd', 'pam'])
        .default('sshd'),
    )
    .option(
      '--id-key-file <file>',
      'the secret under which names become ids; default: import-id.key in the data folder',
    )
    .option('--dry-run', 'read and count only; no server is needed');
  withCommonOptions(command).action((file: string, options: Options) => importFile(file, options, tools));
}

async function importFile(file: string, options: Options, tools: Tools): Promise<void> {
  const { surroundings, printer, exitWith } = tools;
  const { stdin, cwd, nowMs } = surroundings;
  const { organization, service, year, failures, timezone: timeZone = defaultZone } = options;
  if (!parseTimeZone(timeZone)) {
    throw usageError(`--timezone ${timeZone} is neither an IANA name (Europe/Berlin) nor an offset (+02:00).`);
  }
  const startedMs = nowMs();
  const api = options.dryRun ? undefined : tools.connect(options);
  const source = await openLines(file === '-' ? file : resolve(cwd, file), stdin);
  const idKey = keyOf(options, tools);
  const ids = createOpaqueIds({ key: idKey, organization });
  const importer = importers.find(({ format }) => format === options.format)!;
  const tally = createTally();
  const progress = createProgress(surroundings);
  const read = { organization, service, year, timeZone, failures };
  const items = tallied(importer.parse(source.lines(), { ...read, ids, nowMs: startedMs }), tally);
  const parts = partsOf({
    items: watched(items, () => progress.show(() => far(source, tally))),
    ids: createEventIds({
      key: idKey,
      organization,
      options: { format: importer.format, service, year, timeZone, failures },
      digest: source.digest,
    }),
  });
  const sent = api ? await sendParts({ parts, api, organization, onWait: waiting(progress) }) : await drain(parts);
  progress.done();
  const outcome: Outcome = {
    source: file === '-' ? 'stdin' : basename(file),
    organization,
    tally,
    sent,
    hints: hintsOf({ tally, blind: sent?.blind === true, options }),
    elapsedMs: nowMs() - startedMs,
  };
  if (options.output === 'table') await printer.text(renderSummary(outcome, printer.width));
  else await printer[options.output](summaryJson(outcome));
  if (!isComplete(outcome)) exitWith(exitCodes.failed);
}

/** The secret behind the ids; a dry run makes no file for ids that nobody sees. */
function keyOf({ idKeyFile, dryRun }: Options, { surroundings, printer }: Tools): Buffer {
  if (dryRun) return randomBytes(32);
  const file = idKeyFile && resolve(surroundings.cwd, idKeyFile);
  const { key, made, file: path } = openIdKey({ file, folder: dataFolder(surroundings) });
  if (made) printer.note(`Ids are made with the secret in ${path}, new now. Keep it.`);
  return key;
}

const waiting =
  ({ say }: Progress) =>
  ({ message }: Error, waitMs: number): void =>
    say(`${message.split('\n')[0]} Trying again in ${(waitMs / 1_000).toFixed(1)} s.`);

async function drain(parts: AsyncIterable<unknown>): Promise<undefined> {
  for await (const _ of parts);
}

async function* watched<T>(items: AsyncIterable<T>, look: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    look();
    yield item;
  }
}

function far({ linesRead, bytesRead, bytesTotal }: LineSource, { events }: Tally): string {
  const share = bytesTotal ? ` (${Math.floor((100 * bytesRead) / bytesTotal)} %)` : '';
  return `${linesRead} lines${share}, ${events} events`;
}
