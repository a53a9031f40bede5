import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { messageOf } from '../../core/errors.js';
import type { Tools } from '../commands/command.js';
import { printRecord, printRecords } from '../commands/records.js';
import { exitCodes, usageError } from '../errors.js';
import { shortTime } from '../events/columns.js';
import { type AlertOptions, headersOf, pathOf, withAlertOptions } from './common.js';

interface Channel {
  id: string;
  name: string;
  kind: string;
  enabled: boolean;
}

interface DeadLetter {
  delivery_id: string;
  channel_name: string;
  reason: string;
  alerts: number;
  died_at: string;
}

const columns = [
  { title: 'ID', of: ({ id }: Channel) => id },
  { title: 'NAME', of: ({ name }: Channel) => name, atLeast: 8 },
  { title: 'KIND', of: ({ kind }: Channel) => kind },
  { title: 'STATE', of: ({ enabled }: Channel) => (enabled ? 'on' : 'off') },
];
const letterColumns = [
  { title: 'ID', of: ({ delivery_id }: DeadLetter) => delivery_id },
  { title: 'DIED', of: ({ died_at }: DeadLetter) => shortTime(died_at).slice(0, 16) },
  { title: 'ALERTS', of: ({ alerts }: DeadLetter) => String(alerts) },
  { title: 'CHANNEL', of: ({ channel_name }: DeadLetter) => channel_name, atLeast: 6 },
  { title: 'REASON', of: ({ reason }: DeadLetter) => reason, atLeast: 6 },
];

/** `alerts channels …`: where alerts are told. */
export function addChannelCommands(alerts: Command, { connect, printer, surroundings, exitWith }: Tools): void {
  const channels = alerts
    .command('channels')
    .description('where alerts are told: list, show, put, delete, test, dead-letters, redeliver, drop');

  withAlertOptions(channels.command('list').description('every channel')).action(async (options: AlertOptions) => {
    const answer = await connect(options).get<{ channels: Channel[] }>('/api/alert-channels', {
      headers: headersOf(options),
    });
    await printRecords({ channels: answer.channels }, columns, options.output, printer);
  });

  const put = channels
    .command('put')
    .description('set a channel up, or say one anew, by its description in JSON (docs/guides/alert-channels.md)')
    .argument('<file>', '- is standard input, which keeps secrets out of files')
    .option('--id <id>', 'say that one anew; without it, a new one is set up');
  withAlertOptions(put).action(async (file: string, options: AlertOptions & { id?: string }) => {
    const api = connect(options);
    const request = { body: await readJson(file), headers: headersOf(options) };
    const made = await (options.id === undefined
      ? api.post<Channel>('/api/alert-channels', request)
      : api.put<Channel>(pathOf('alert-channels', options.id), request));
    await printRecord(made, options.output, printer);
  });

  const one = (name: string, description: string) =>
    withAlertOptions(channels.command(name).description(description).argument('<id>'));
  one('show', 'a channel, without its secrets').action(async (id: string, options: AlertOptions) => {
    const path = pathOf('alert-channels', id);
    await printRecord(
      await connect(options).get<Channel>(path, { headers: headersOf(options) }),
      options.output,
      printer,
    );
  });
  one('delete', 'remove a channel').action(async (id: string, options: AlertOptions) => {
    const path = pathOf('alert-channels', id);
    const removed = await connect(options).delete<Channel>(path, { headers: headersOf(options) });
    await printRecord(removed, options.output, printer);
  });
  one('test', 'send a message that says it is a test; exit 1 where it did not arrive').action(
    async (id: string, options: AlertOptions) => {
      const path = pathOf('alert-channels', id, 'test');
      const result = await connect(options).post<{ ok: boolean }>(path, { headers: headersOf(options) });
      if (!result.ok) exitWith(exitCodes.failed);
      await printRecord(result, options.output, printer);
    },
  );
  withAlertOptions(channels.command('dead-letters').description('messages that reached nobody')).action(
    async (options: AlertOptions) => {
      const answer = await connect(options).get<{ dead_letters: DeadLetter[] }>('/api/alert-channels/dead-letters', {
        headers: headersOf(options),
      });
      await printRecords({ dead_letters: answer.dead_letters }, letterColumns, options.output, printer);
    },
  );
  one('redeliver', 'send a dead letter again').action(async (id: string, options: AlertOptions) => {
    const path = pathOf('alert-channels', 'dead-letters', id, 'redeliver');
    await connect(options).post(path, { headers: headersOf(options) });
    printer.note('It waits in its channel’s queue.');
  });
  one('drop', 'take a dead letter out of the list').action(async (id: string, options: AlertOptions) => {
    await connect(options).delete(pathOf('alert-channels', 'dead-letters', id), { headers: headersOf(options) });
    printer.note('It is out of the list.');
  });

  const readJson = async (file: string): Promise<unknown> => {
    try {
      return JSON.parse(
        file === '-' ? await readText(surroundings.stdin) : readFileSync(resolve(surroundings.cwd, file), 'utf8'),
      );
    } catch (error) {
      throw usageError(`${file} is no description of a channel: ${messageOf(error)}`);
    }
  };
}
