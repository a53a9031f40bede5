import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { EventInput } from '../../core/event/index.js';
import { CliError, usageError } from '../errors.js';
import { type CommonOptions, type Tools, withCommonOptions } from './command.js';
import { type EventOptions, eventFromOptions, withEventOptions } from './event-options.js';

interface Options extends CommonOptions, EventOptions {
  idempotencyKey?: string;
}

const mostInRequest = 500;
const mostInputBytes = 16_777_216;
const patienceMs = 30_000;

export function addEmit(parent: Command, tools: Tools): void {
  const command = parent
    .command('emit')
    .description('one event from options, or events as JSON or NDJSON from stdin')
    .option('--idempotency-key <key>', 'sent again under the same key it is the same event; default: a new one')
    .addHelpText('after', '\nWithout --action events are read from stdin: an object, an array, or one object a line.');
  withCommonOptions(withEventOptions(command)).action(async (options: Options) => {
    const { connect, printer, surroundings } = tools;
    const api = connect(options);
    const events = options.action ? [eventFromOptions(options)] : await readEvents(surroundings.stdin);
    const key = options.idempotencyKey ?? `emit-${randomUUID()}`;
    const all: string[] = [];
    for (let at = 0; at < events.length; at += mostInRequest) {
      const body = events.slice(at, at + mostInRequest);
      const headers = { 'idempotency-key': events.length <= mostInRequest ? key : `${key}.${at / mostInRequest}` };
      const onWait = ({ message }: Error): void => printer.note(`${message.split('\n')[0]} Trying again.`);
      const { ids } = await api.post<{ ids: string[] }>('/api/audit/events', { body, headers, patienceMs, onWait });
      all.push(...ids);
      if (options.output === 'table') await printer.text(ids.map((id) => `${id}\n`).join(''));
      if (options.output === 'ndjson') for (const id of ids) await printer.ndjson({ id });
    }
    if (options.output === 'json') await printer.json({ ids: all });
  });
}

async function readEvents(stdin: Readable & { isTTY?: boolean }): Promise<EventInput[]> {
  if (stdin.isTTY)
    throw usageError('Name an --action, or pipe events as JSON into stdin. `sealstream emit --help` shows how.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > mostInputBytes)
      throw new CliError('input', `stdin holds more than ${mostInputBytes} bytes; send it in pieces.`);
  }
  const events = parseEvents(Buffer.concat(chunks).toString('utf8'));
  if (events.length === 0) throw new CliError('input', 'stdin holds no event.');
  return events;
}

/** A JSON object, an array of them, or one a line. What an event may hold is for the gateway to judge. */
export function parseEvents(text: string): EventInput[] {
  const whole = tryJson(text);
  if (whole !== undefined) return [whole].flat() as EventInput[];
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    const value = tryJson(line);
    if (value === undefined)
      throw new CliError('input', `stdin, line ${at + 1} is not JSON: ${line.trim().slice(0, 60)}`);
    return [value as EventInput];
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
