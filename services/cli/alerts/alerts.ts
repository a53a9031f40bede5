import type { Command } from 'commander';
import { collected, type Tools, wholeNumber } from '../commands/command.js';
import { printRecord } from '../commands/records.js';
import { shortTime } from '../events/columns.js';
import { ago } from '../events/filters.js';
import { type AlertOptions, groupText, headersOf, pathOf, withAlertOptions } from './common.js';
import { alertColumns, type ListedAlert } from './list-columns.js';

interface Alert extends ListedAlert {
  [name: string]: unknown;
}

interface ListOptions extends AlertOptions {
  state?: string[];
  rule?: string[];
  level?: string[];
  group?: string[];
  from?: string;
  to?: string;
  limit: number;
  cursor?: string;
}

/** `list` shows so much of an id; it is enough to name an alert by. */
const wholeId = /^[0-9a-f-]{36}$/i;
const mostSearched = 500;

const acts = [
  ['ack', 'acknowledge', 'take an alert on'],
  ['unack', 'unacknowledge', 'give an alert back'],
  ['resolve', 'resolve', 'say that an alert is over'],
  ['reopen', 'reopen', 'open an alert again'],
  ['comment', 'comment', 'say something about an alert'],
] as const;

/** `alerts list`, `show`, and what people do about alerts. */
export function addAlertCommands(alerts: Command, { connect, printer, surroundings }: Tools): void {
  const list = alerts
    .command('list')
    .description('alerts, the newest first')
    .option('--state <state>', 'open, acknowledged, resolved, replaced; repeat for several', collected)
    .option('--rule <id>', 'of these rules', collected)
    .option('--level <level>', 'informational, low, medium, high, critical', collected)
    .option('--group <field:value>', 'ip:198.51.100.7', collected)
    .option('--from <time>', 'seen since: a time, or so long ago: 2h, 7d')
    .option('--to <time>', 'seen before')
    .option('--limit <n>', 'how many', wholeNumber(1, 500), 50)
    .option('--cursor <cursor>', 'go on behind a page');
  withAlertOptions(list).action(async (options: ListOptions) => {
    const { state, rule, level, group, limit, cursor, output } = options;
    const now = surroundings.nowMs();
    const [from, to] = [options.from, options.to].map((text) => text && ago(text, now));
    const query = { state, rule, level, group, from, to, limit, cursor };
    const answer = await connect(options).get<{ alerts: Alert[]; next_cursor: string | null }>('/api/alerts', {
      query,
      headers: headersOf(options),
    });
    if (output === 'json') return printer.json(answer);
    if (output === 'ndjson') for (const one of answer.alerts) await printer.ndjson(one);
    else if (answer.alerts.length === 0) printer.note('No alerts.');
    else await printer.table(alertColumns({ width: printer.width, nowMs: now }), answer.alerts);
    if (answer.next_cursor) printer.note(`There are more: --cursor ${answer.next_cursor}`);
  });

  /** By the whole id, or by its beginning among the newest alerts. */
  const idOf = async (text: string, options: AlertOptions): Promise<string> => {
    if (wholeId.test(text) || text.length < 6) return text;
    const { alerts: found } = await connect(options).get<{ alerts: Alert[] }>('/api/alerts', {
      query: { limit: mostSearched },
      headers: headersOf(options),
    });
    const fitting = found.filter(({ id }) => id.startsWith(text.toLowerCase()));
    return fitting.length === 1 ? fitting[0]!.id : text;
  };
  const show = async (alert: Alert & { actions: Action[] }, { output }: AlertOptions): Promise<void> => {
    if (output !== 'table') return printer[output](alert);
    const { actions, group, ...rest } = alert;
    await printRecord({ ...rest, group: groupText(group) }, output, printer);
    for (const { at, kind, actor, note } of actions) {
      await printer.text(`${shortTime(at)}  ${kind} by ${actor.name || actor.id}${note ? `: ${note}` : ''}\n`);
    }
  };

  withAlertOptions(alerts.command('show').description('one alert and its history').argument('<id>')).action(
    async (id: string, options: AlertOptions) => {
      const path = pathOf('alerts', await idOf(id, options));
      await show(await connect(options).get(path, { headers: headersOf(options) }), options);
    },
  );
  for (const [name, path, description] of acts) {
    const command = alerts.command(name).description(description).argument('<id>', 'or its first 8 characters');
    if (name === 'comment') command.argument('<comment>', 'what to say');
    else command.option('-m, --comment <text>', 'what to say about it');
    withAlertOptions(command).action(async (id: string, ...rest: unknown[]) => {
      const options = rest[name === 'comment' ? 1 : 0] as AlertOptions & { comment?: string };
      const comment = name === 'comment' ? (rest[0] as string) : options.comment;
      const body = comment === undefined ? {} : { comment };
      const url = pathOf('alerts', await idOf(id, options), path);
      await show(await connect(options).post(url, { body, headers: headersOf(options) }), options);
    });
  }
}

interface Action {
  at: string;
  kind: string;
  actor: { id: string; name: string };
  note: string;
}
