import { type Command, Option } from 'commander';
import type { Tools } from '../commands/command.js';
import { collected } from '../commands/command.js';
import { printRecord, printRecords } from '../commands/records.js';
import { usageError } from '../errors.js';
import { type AlertOptions, headersOf, pathOf, withAlertOptions } from './common.js';
import { readRuleFiles } from './rule-files.js';

interface Rule {
  id: string;
  name: string;
  enabled: boolean;
  built_in: boolean;
  outdated: boolean;
  text?: string;
  rules: { level: string; alerts: boolean }[];
}

interface PutOptions extends AlertOptions {
  id?: string;
  name?: string;
  channel?: string[];
  disabled?: true;
}

const columns = [
  { title: 'ID', of: ({ id }: Rule) => id, atLeast: 12 },
  { title: 'STATE', of: ({ enabled }: Rule) => (enabled ? 'on' : 'off') },
  { title: 'FROM', of: ({ built_in, outdated }: Rule) => (built_in ? `built in${outdated ? ', older' : ''}` : 'own') },
  { title: 'LEVEL', of: ({ rules }: Rule) => rules.find(({ alerts }) => alerts)?.level ?? '' },
  { title: 'NAME', of: ({ name }: Rule) => name, atLeast: 12 },
];

/** `alerts rules …`: texts of rules in the gateway. */
export function addRuleCommands(alerts: Command, { connect, printer, surroundings }: Tools): void {
  const rules = alerts.command('rules').description('rules: list, show, put, enable, disable, delete, validate');
  const textOf = async (file: string): Promise<string> => {
    const sources = await readRuleFiles([file], surroundings);
    if (sources.length !== 1) throw usageError('Name one file; a folder holds several texts.');
    return sources[0]!.text;
  };

  const list = rules.command('list').description('own rules and those that are built in');
  list.addOption(new Option('--state <state>', 'only those').choices(['on', 'off']));
  withAlertOptions(list).action(async (options: AlertOptions & { state?: string }) => {
    const answer = await connect(options).get<{ rules: Rule[] }>('/api/alert-rules', { headers: headersOf(options) });
    const wanted = answer.rules.filter(({ enabled }) => !options.state || enabled === (options.state === 'on'));
    await printRecords({ rules: wanted }, columns, options.output, printer);
  });

  const show = rules.command('show').description('the text of a rule; with -o json also its versions').argument('<id>');
  withAlertOptions(show).action(async (id: string, options: AlertOptions) => {
    const rule = await connect(options).get<Rule>(pathOf('alert-rules', id), { headers: headersOf(options) });
    if (options.output !== 'table') return printer[options.output](rule);
    await printer.text(`# ${rule.id}, ${rule.enabled ? 'on' : 'off'}${rule.built_in ? ', built in' : ''}\n`);
    if (rule.outdated) {
      await printer.text('# of an earlier release: `sealstream alerts rules enable` takes the text of this one\n');
    }
    await printer.text(rule.text!.endsWith('\n') ? rule.text! : `${rule.text}\n`);
  });

  const put = rules
    .command('put')
    .description('add a text of rules, or say one anew; exit 2 where it is refused')
    .argument('<file>', '- is standard input')
    .option('--id <id>', 'say that one anew; without it, a new one is added')
    .option('--name <name>', 'what it is called')
    .option('--channel <name>', 'whom it tells: an id, name or kind of channel; repeat for several', collected)
    .option('--disabled', 'do not switch it on');
  withAlertOptions(put).action(async (file: string, options: PutOptions) => {
    const { id, name, channel: channels, disabled } = options;
    const body = { text: await textOf(file), name, channels, ...(disabled ? { enabled: false } : {}) };
    const api = connect(options);
    const request = { body, headers: headersOf(options) };
    const rule = await (id === undefined
      ? api.post<Rule>('/api/alert-rules', request)
      : api.put<Rule>(pathOf('alert-rules', id), request));
    await printChanged(rule, options);
  });

  const validate = rules
    .command('validate')
    .description('read a text among the rules that run, without saving it; exit 2 where it is refused')
    .argument('<file>', '- is standard input');
  withAlertOptions(validate).action(async (file: string, options: AlertOptions) => {
    const body = { text: await textOf(file) };
    const answer = await connect(options).post<Validation>('/api/alert-rules/validate', {
      body,
      headers: headersOf(options),
    });
    if (options.output !== 'table') return printer[options.output](answer);
    for (const { line, column, message } of answer.warnings) printer.note(`line ${line}, column ${column}: ${message}`);
    await printer.text(answer.rules.map(({ id, title }) => `${id}  ${title}\n`).join(''));
  });

  for (const [name, description] of [
    ['enable', 'switch a rule on, for one organization'],
    ['disable', 'switch a rule off, for one organization'],
    ['delete', 'delete a rule; its alerts stay'],
  ] as const) {
    withAlertOptions(rules.command(name).description(description).argument('<id>')).action(
      async (id: string, options: AlertOptions) => {
        const api = connect(options);
        const request = { headers: headersOf(options) };
        const rule = await (name === 'delete'
          ? api.delete<Rule>(pathOf('alert-rules', id), request)
          : api.post<Rule>(pathOf('alert-rules', id, name), request));
        await printChanged(rule, options);
      },
    );
  }

  const printChanged = async ({ text, rules: _, ...rule }: Rule, { output }: AlertOptions): Promise<void> =>
    printRecord(output === 'table' ? rule : { ...rule, text }, output, printer);
}

interface Validation {
  rules: { id: string; title: string }[];
  warnings: { line: number; column: number; message: string }[];
}
