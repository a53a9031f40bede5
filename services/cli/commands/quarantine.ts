import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exitCodes } from '../errors.js';
import type { Api } from '../http/api.js';
import type { OutputFormat, Printer } from '../output/printer.js';
import type { Column } from '../output/table.js';
import {
  type CommonOptions,
  collected,
  type ReadingOptions,
  type Tools,
  wholeNumber,
  withCommonOptions,
  withReadingOptions,
} from './command.js';
import { printRecord, printRecords } from './records.js';

interface Quarantined {
  partition: number;
  offset: number;
  appended_at: string;
  disposition: string;
  reason: string;
  detail: string;
  refused_events: number;
  bytes: number;
  header: { kind: string; producer_id: string; key_id: string; lane: number; first_seq: number; count: number } | null;
  state: string;
  decision: { kind: string; by: string; at: string; reason: string } | null;
  outcome: { kind: string; offset: number | null; reason: string | null } | null;
}

interface Detail extends Quarantined {
  refused: { index: number; reason: string; detail: string }[];
  advice: { reason: string; cause: string; cure: string }[];
  release: { possible: boolean; refusal: { detail: string; cure: string } | null };
}

interface Done {
  partition: number;
  offset: number;
  done: boolean;
  refusal: { code: string; detail: string; cure: string } | null;
}

interface ListOptions extends ReadingOptions {
  state: string;
  reason?: string[];
  producer?: string;
  partition?: number;
  from?: string;
  to?: string;
  limit: number;
}

interface Place {
  partition: number;
  offset: number;
}

/** What one request takes, and one page gives. */
const mostAtOnce = 50;
const pageRows = 200;
const outcomeWaitMs = 15_000;
const outcomePollMs = 250;

const becameOf = ({ state, outcome }: Quarantined): string =>
  outcome ? `${outcome.kind.replaceAll('_', ' ')}${outcome.offset === null ? '' : ` at ${outcome.offset}`}` : state;

const columns: Column<Quarantined>[] = [
  { title: 'PLACE', of: ({ partition, offset }) => `${partition}/${offset}`, atLeast: 6 },
  { title: 'CAME', of: ({ appended_at }) => appended_at.slice(0, 19), atLeast: 19 },
  { title: 'REASON', of: ({ reason }) => reason, atLeast: 18 },
  { title: 'PRODUCER', of: ({ header }) => header?.producer_id ?? '-', atLeast: 8 },
  {
    title: 'REFUSED',
    of: ({ disposition, refused_events, header }) =>
      disposition === 'partial' ? `${refused_events} of ${header?.count ?? '?'}` : 'all',
  },
  { title: 'BYTES', of: ({ bytes }) => String(bytes) },
  { title: 'STATE', of: becameOf, atLeast: 8 },
];

export function addQuarantine(parent: Command, { connect, printer, exitWith }: Tools): void {
  const group = parent.command('quarantine').description('records that were refused: list, show, release, discard');

  const list = group
    .command('list')
    .description('newest first')
    .addOption(new Option('--state <state>', 'which').choices(['open', 'released', 'discarded', 'all']).default('open'))
    .option('--reason <code>', 'refused for this, as unknown_key; repeat for several', collected)
    .option('--producer <id>', 'of this producer, as the header says')
    .option('--partition <number>', 'in this partition', wholeNumber(0, 4_294_967_295))
    .option('--from <time>', 'came at or after')
    .option('--to <time>', 'came before')
    .option('-n, --limit <number>', 'at most so many', wholeNumber(1, 100_000), 50);
  withReadingOptions(list).action(async ({ output, ...options }: ListOptions) => {
    const records = await listed(connect(options), options);
    await printList(records, output, printer);
  });

  withCommonOptions(
    group
      .command('show')
      .description('one: why, what to do, and whether it could be released now')
      .argument('<place>', 'partition/offset, as `quarantine list` shows it', placeOf),
  ).action(async (place: Place, options: CommonOptions) => {
    const record = await connect(options).get<Detail>(pathOf(place));
    await printRecord(options.output === 'table' ? flat(record) : record, options.output, printer);
  });

  withCommonOptions(
    group
      .command('release')
      .description('publish them again, to be judged anew; nothing is doubled by doing it twice')
      .argument('<place...>', 'partition/offset', placesOf)
      .option('--no-wait', 'do not wait until it shows what became of them'),
  ).action(async (places: Place[], options: CommonOptions & { wait: boolean }) => {
    const api = connect(options);
    const done = await inParts(places, (records) =>
      api.post<{ records: Done[] }>('/api/quarantine/release', { body: { records } }),
    );
    const released = done.filter((one) => one.done);
    const became = options.wait ? await outcomesOf(api, released) : new Map<string, string>();
    await printDone(done, (one) => became.get(textOf(one)) ?? 'published', options.output, printer);
    if (released.length < done.length || [...became.values()].some((word) => word.startsWith('refused'))) {
      exitWith(exitCodes.failed);
    }
  });

  withCommonOptions(
    group
      .command('discard')
      .description('give them up, for good; their bytes stay')
      .argument('<place...>', 'partition/offset', placesOf)
      .requiredOption('--reason <text>', 'why nobody will want them; kept for ever, no personal data'),
  ).action(async (places: Place[], options: CommonOptions & { reason: string }) => {
    const { reason } = options;
    const api = connect(options);
    const done = await inParts(places, (records) =>
      api.post<{ records: Done[] }>('/api/quarantine/discard', { body: { records, reason } }),
    );
    await printDone(done, () => 'discarded', options.output, printer);
    if (done.some((one) => !one.done)) exitWith(exitCodes.failed);
  });
}

async function listed(api: Api, { state, reason, producer, partition, from, to, limit }: Omit<ListOptions, 'output'>) {
  const records: Quarantined[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get<{ records: Quarantined[]; next_cursor: string | null }>('/api/quarantine', {
      query: {
        ...(state === 'all' ? {} : { state }),
        ...(reason ? { reason: reason.join(',') } : {}),
        ...(producer === undefined ? {} : { producer_id: producer }),
        ...(partition === undefined ? {} : { partition: String(partition) }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(cursor === undefined ? {} : { cursor }),
        limit: String(Math.min(pageRows, limit - records.length)),
      },
    });
    records.push(...page.records);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && records.length < limit);
  return records;
}

async function printList(records: Quarantined[], output: OutputFormat | 'csv', printer: Printer): Promise<void> {
  if (output === 'csv') {
    await printer.csv([
      'partition',
      'offset',
      'appended_at',
      'reason',
      'producer_id',
      'key_id',
      'bytes',
      'state',
      'detail',
    ]);
    for (const { partition, offset, appended_at, reason, header, bytes, state, detail } of records) {
      const cells = [partition, offset, appended_at, reason, header?.producer_id, header?.key_id, bytes, state, detail];
      await printer.csv(cells.map((cell) => String(cell ?? '')));
    }
    return;
  }
  if (output === 'table' && records.length === 0) return printer.note('Nothing was set aside.');
  await printRecords({ records }, columns, output, printer);
}

const doneColumns = (wordOf: (one: Done) => string): Column<Done>[] => [
  { title: 'PLACE', of: textOf, atLeast: 6 },
  { title: 'WHAT', of: (one) => (one.done ? wordOf(one) : 'not done'), atLeast: 10 },
  { title: 'WHY', of: ({ refusal }) => refusal?.code ?? '' },
];

async function printDone(
  done: readonly Done[],
  wordOf: (one: Done) => string,
  output: OutputFormat,
  printer: Printer,
): Promise<void> {
  const records = done.map((one) => (one.done ? { ...one, became: wordOf(one) } : one));
  await printRecords({ records }, doneColumns(wordOf), output, printer);
  if (output !== 'table') return;
  for (const one of done) {
    if (one.refusal) printer.note(`${textOf(one)}: ${one.refusal.detail}. ${one.refusal.cure}`);
  }
}

/** What became of those that were published, as far as it shows within a while. */
async function outcomesOf(api: Api, released: readonly Done[]): Promise<Map<string, string>> {
  const became = new Map<string, string>();
  const endMs = performance.now() + outcomeWaitMs;
  for (const one of released) {
    for (;;) {
      const record = await api.get<Quarantined>(pathOf(one));
      became.set(textOf(one), becameOf(record));
      if (record.outcome?.kind !== 'under_way' || performance.now() > endMs) break;
      await sleep(outcomePollMs, undefined, { signal: api.signal });
    }
  }
  return became;
}

async function inParts(
  places: readonly Place[],
  ask: (records: readonly Place[]) => Promise<{ records: Done[] }>,
): Promise<Done[]> {
  const done: Done[] = [];
  for (let at = 0; at < places.length; at += mostAtOnce) {
    done.push(...(await ask(places.slice(at, at + mostAtOnce))).records);
  }
  return done;
}

const textOf = ({ partition, offset }: Place): string => `${partition}/${offset}`;
const pathOf = ({ partition, offset }: Place): string => `/api/quarantine/${partition}/${offset}`;

function placeOf(text: string): Place {
  const [, partition, offset] = /^(\d{1,10})\/(\d{1,15})$/.exec(text) ?? [];
  if (partition !== undefined) return { partition: Number(partition), offset: Number(offset) };
  throw new InvalidArgumentError('It must be partition/offset, as 0/4711.');
}

const placesOf = (text: string, previous: Place[] | undefined): Place[] => [...(previous ?? []), placeOf(text)];

/** What a person wants to know first, without the nesting. */
function flat(detail: Detail): object {
  const { header, decision, outcome, refused, advice, release, ...record } = detail;
  return {
    ...record,
    ...Object.fromEntries(Object.entries(header ?? {}).map(([name, value]) => [`header.${name}`, value])),
    refused: refused.map(({ index, reason, detail }) => `${index} ${reason}: ${detail}`).join('\n'),
    decision: decision ? `${decision.kind} ${decision.at} by ${decision.by} ${decision.reason}`.trim() : undefined,
    became: outcome ? becameOf(detail) : undefined,
    cause: advice.map(({ cause }) => cause).join('\n'),
    cure: advice.map(({ cure }) => cure).join('\n'),
    releasable: release.possible ? 'yes' : `no: ${release.refusal?.detail ?? ''}`,
  };
}
