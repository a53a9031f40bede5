import type { Command } from 'commander';
import { collected, durationMs, type Tools } from '../commands/command.js';
import { printRecord, printRecords } from '../commands/records.js';
import { usageError } from '../errors.js';
import { shortTime } from '../events/columns.js';
import { type AlertOptions, headersOf, pathOf, withAlertOptions } from './common.js';

interface Silence {
  id: string;
  state: string;
  ends_at: string;
  reason: string;
  matchers: { name: string; comparison: string; value: string }[];
}

interface CreateOptions extends AlertOptions {
  match: string[];
  for: number;
  reason: string;
}

const signs: Readonly<Record<string, string>> = { '=': 'equal', '!=': 'not_equal', '~': 'glob' };
const signOf = (comparison: string): string =>
  Object.entries(signs).find(([, name]) => name === comparison)?.[0] ?? '?';
const matchersText = ({ matchers }: Silence): string =>
  matchers.map(({ name, comparison, value }) => `${name}${signOf(comparison)}${value}`).join(' ');

const columns = [
  { title: 'ID', of: ({ id }: Silence) => id },
  { title: 'STATE', of: ({ state }: Silence) => state },
  { title: 'UNTIL', of: ({ ends_at }: Silence) => shortTime(ends_at).slice(0, 16) },
  { title: 'MATCHES', of: matchersText, atLeast: 8 },
];

/** `alerts silences …`: times in which nobody is told. */
export function addSilenceCommands(alerts: Command, { connect, printer, surroundings }: Tools): void {
  const silences = alerts.command('silences').description('keep alerts quiet for a time: list, create, end');

  const list = silences.command('list').description('those that last').option('--ended', 'also those that have ended');
  withAlertOptions(list).action(async (options: AlertOptions & { ended?: true }) => {
    const query = options.ended ? { ended: 'true' } : {};
    const answer = await connect(options).get<{ silences: Silence[] }>('/api/silences', {
      query,
      headers: headersOf(options),
    });
    await printRecords({ silences: answer.silences }, columns, options.output, printer);
  });

  const create = silences
    .command('create')
    .description('nobody is told of alerts that all matches fit')
    .requiredOption('--match <name=value>', 'rule_id=…, level!=critical, ip~10.*; repeat for several', collected)
    .requiredOption('--for <time>', 'how long: 90m, 2h, 7d', durationMs)
    .requiredOption('--reason <text>', 'why');
  withAlertOptions(create).action(async (options: CreateOptions) => {
    const body = {
      matchers: options.match.map(matcherOf),
      ends_at: new Date(surroundings.nowMs() + options.for).toISOString(),
      reason: options.reason,
    };
    const made = await connect(options).post<Silence>('/api/silences', { body, headers: headersOf(options) });
    await print(made, options);
  });

  withAlertOptions(silences.command('end').description('end a silence now').argument('<id>')).action(
    async (id: string, options: AlertOptions) => {
      const ended = await connect(options).delete<Silence>(pathOf('silences', id), { headers: headersOf(options) });
      await print(ended, options);
    },
  );

  const print = (silence: Silence, { output }: AlertOptions): Promise<void> =>
    printRecord(output === 'table' ? { ...silence, matchers: matchersText(silence) } : silence, output, printer);
}

function matcherOf(text: string): Silence['matchers'][number] {
  const [, name, sign, value] = /^([^=!~]+)(=|!=|~)(.*)$/s.exec(text) ?? [];
  if (name && sign && value !== undefined) return { name, comparison: signs[sign]!, value };
  throw usageError(`--match ${text}: it looks like rule_id=spike, level!=critical or ip~10.*`);
}
