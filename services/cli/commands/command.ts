import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ConnectionOptions, findConnection } from '../connection/connection.js';
import { type Api, createApi } from '../http/api.js';
import { type OutputFormat, outputFormats, type Printer } from '../output/printer.js';
import type { Surroundings } from '../surroundings.js';

/** What every command gets. */
export interface Tools {
  surroundings: Surroundings;
  printer: Printer;
  version: string;
  connect(options: ConnectionOptions): Api;
  /** Ends the process with this code once the command has returned; 0 where nobody says otherwise. */
  exitWith(code: number): void;
}

export function createTools(parts: {
  surroundings: Surroundings;
  printer: Printer;
  version: string;
  exitWith(code: number): void;
}): Tools {
  const { surroundings, version, printer } = parts;
  const { signal } = surroundings;
  return {
    ...parts,
    connect: (options) =>
      createApi({ connection: findConnection(options, surroundings), version, signal, width: printer.width }),
  };
}

export interface CommonOptions extends ConnectionOptions {
  output: OutputFormat;
}

/** Of commands whose answers are rows. */
export interface ReadingOptions extends ConnectionOptions {
  output: OutputFormat | 'csv';
}

/** The options of all commands that talk to the gateway. */
export const withCommonOptions = (command: Command): Command =>
  withConnectionOptions(
    command.addOption(new Option('-o, --output <format>', 'how to print').choices(outputFormats).default('table')),
  );

export const withReadingOptions = (command: Command): Command =>
  withConnectionOptions(
    command.addOption(
      new Option('-o, --output <format>', 'how to print').choices([...outputFormats, 'csv']).default('table'),
    ),
  );

export const withConnectionOptions = (command: Command): Command =>
  [
    new Option('--url <url>', 'the gateway (SEALSTREAM_URL)'),
    new Option('--api-key <key>', 'the API key (SEALSTREAM_API_KEY); default: the running instance here'),
    new Option('--api-key-file <file>', 'a file that holds it: others on this machine cannot see it'),
  ].reduce((all, option) => all.addOption(option.helpGroup('Connection:')), command);

/** A whole number within limits, for commander. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

const dayMs = 86_400_000;
const unitMs = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: dayMs };

/** `90s`, `5m`, `7d`, at most a year, for commander; in ms. */
export function durationMs(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,6}(?:\.\d+)?)(s|m|min|h|d)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It must be a number with s, m, h or d behind it: 90s.');
  const ms = Number(number) * unitMs[unit as keyof typeof unitMs];
  if (ms > 366 * dayMs) throw new InvalidArgumentError('At most a year.');
  return ms;
}

/** An option that may be given several times, for commander. */
export const collected = (value: string, previous: string[] = []): string[] => [...previous, value];
