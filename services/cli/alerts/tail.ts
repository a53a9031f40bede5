import type { Command } from 'commander';
import type { AlertChange } from '../../client/alert.js';
import { type AlertFilter, openAlertStream } from '../../client/stream/alert-stream.js';
import { collected, type Tools } from '../commands/command.js';
import { type CliError, usageError } from '../errors.js';
import { shortTime } from '../events/columns.js';
import { type Layout, layOut } from '../output/table.js';
import { type AlertOptions, groupText, headersOf, withAlertOptions } from './common.js';

type Option = 'change' | 'state' | 'rule' | 'level' | 'group';
type TailOptions = AlertOptions & { [Name in Option]?: string[] };

const columns = [
  { title: 'TIME', of: ({ at }: AlertChange) => shortTime(at).slice(11, 19) },
  { title: 'CHANGE', of: ({ change }: AlertChange) => change, atLeast: 14 },
  { title: 'ID', of: ({ alert }: AlertChange) => alert.id.slice(0, 8) },
  { title: 'LEVEL', of: ({ alert }: AlertChange) => alert.level, atLeast: 8 },
  { title: 'EVENTS', of: ({ alert }: AlertChange) => String(alert.count) },
  { title: 'RULE', of: ({ alert }: AlertChange) => alert.rule_title, atLeast: 8 },
  { title: 'GROUP', of: ({ alert }: AlertChange) => groupText(alert.group), atLeast: 10 },
];

/** `alerts tail`: what becomes of alerts, until Ctrl-C. */
export function addAlertTail(alerts: Command, tools: Tools): void {
  const tail = alerts
    .command('tail')
    .description('what becomes of alerts, as it happens, until Ctrl-C')
    .option('--change <change>', 'opened, grown, replaced, resolved, acknowledged, …; repeat for several', collected)
    .option('--state <state>', 'open, acknowledged, resolved, replaced', collected)
    .option('--rule <id>', 'of these rules', collected)
    .option('--level <level>', 'informational, low, medium, high, critical', collected)
    .option('--group <field:value>', 'ip:198.51.100.7', collected);
  withAlertOptions(tail).action((options: TailOptions) => follow(options, tools));
}

async function follow(options: TailOptions, { connect, printer, surroundings }: Tools): Promise<void> {
  const { change, state, rule, level, group, output } = options;
  if (output === 'json') throw usageError('A tail has no end, and JSON needs one: use -o ndjson.');
  const api = connect(options);
  let layout: Layout<AlertChange> | undefined;
  const print = async (one: AlertChange): Promise<void> => {
    if (output === 'ndjson') return printer.ndjson(one);
    const head = layout === undefined;
    layout ??= layOut(columns, [one], { width: printer.width, spread: true, paint: printer.paint });
    await printer.text(`${head ? layout.head : ''}${layout.lines([one])}`);
  };
  const missed = 'see sealstream alerts list';
  const { stream } = openAlertStream({
    gateway: api.gateway,
    headers: headersOf(options),
    options: {
      // The gateway says what is wrong with a value.
      filter: { change, state, rule, level, group } as AlertFilter,
      signal: surroundings.signal,
      onDropped: (count) => printer.note(`${count} changes were left out: ${missed}`),
      onResumed: () => printer.note(`Connected again; what changed meanwhile was not shown: ${missed}`),
      onProblem(error, { retryInMs }) {
        if (retryInMs === undefined) return;
        const said = api.failure(error) as CliError;
        printer.note(`${said.message.split('\n')[0]} Trying again in ${Math.ceil(retryInMs / 1_000)} s.`);
      },
    },
  });
  stream.ready.then(
    () => printer.note('Waiting for alerts. Ctrl-C ends it.'),
    () => {},
  );
  try {
    for await (const one of stream) await print(one);
  } catch (error) {
    throw api.failure(error);
  }
}
