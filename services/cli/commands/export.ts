import { extname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type AuditFilter, filterParameters } from '../../client/query/filter.js';
import { messageOf } from '../../core/errors.js';
import type { ConnectionOptions } from '../connection/connection.js';
import { fieldName, splitNames } from '../events/fields.js';
import { filterOf, systemHasNone, withFilters } from '../events/filters.js';
import { type ExportFormat, exportFormats } from '../exporting/record-counter.js';
import { runExport } from '../exporting/run-export.js';
import { openFileTarget, stdoutTarget } from '../exporting/target.js';
import { createProgress } from '../output/progress.js';
import { type Tools, wholeNumber, withConnectionOptions } from './command.js';

interface ExportOptions extends ConnectionOptions {
  format?: ExportFormat;
  out?: string;
  fields?: string;
  limit?: number;
  order: 'newest' | 'oldest';
  bom?: boolean;
}

/** What file names say of the format. */
const extensions: Readonly<Record<string, ExportFormat>> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
};
const mostEvents = 1_000_000;

export function addExport(parent: Command, tools: Tools, path = '/api/audit'): void {
  const without = path === '/api/audit' ? [] : systemHasNone;
  const command = parent
    .command('export')
    .description('everything that filters let through, as a file: whole or not at all')
    .argument('[query...]', 'the query language, as of `list`');
  withFilters(withConnectionOptions(command), { without })
    .addOption(new Option('--format <format>', 'default: as --out ends, else json').choices(exportFormats))
    .option('--out <file>', 'written beside it and moved there at the end; default: stdout')
    .option('--fields <names>', 'in this order: id,time,action,actor.email')
    .option('--limit <n>', 'the first so many events only', wholeNumber(1, mostEvents))
    .addOption(new Option('--order <order>', 'by time').choices(['newest', 'oldest']).default('newest'))
    .option('--bom', 'of CSV: spreadsheets then know its letters for UTF-8')
    .action((words: string[], options: ExportOptions) => {
      const filter = filterOf(options, { words, nowMs: tools.surroundings.nowMs(), without });
      return exportEvents({ filter, options, path: `${path}/export` }, tools);
    });
}

async function exportEvents(
  { filter, options, path }: { filter: AuditFilter; options: ExportOptions; path: string },
  { connect, printer, surroundings }: Tools,
): Promise<void> {
  const { out, fields, limit, order, bom } = options;
  const format = options.format ?? extensions[extname(out ?? '').toLowerCase()] ?? 'json';
  const query = {
    ...filterParameters(filter),
    format,
    order,
    limit,
    fields: fields === undefined ? undefined : splitNames(fields).map(fieldName).join(','),
    bom: bom && format === 'csv' ? true : undefined,
  };
  const api = connect(options);
  const toFile = out !== undefined && out !== '-';
  const target = toFile
    ? await openFileTarget(resolve(surroundings.cwd, out))
    : stdoutTarget(surroundings.stdout, format);
  const progress = createProgress(surroundings);
  try {
    const { events, bytes } = await runExport({
      api,
      path,
      query,
      format,
      target,
      onProgress: ({ events, bytes }, expected) =>
        progress.show(() => `${count(events)} of ${count(expected)} events, ${size(bytes)}`),
      onWait: (error, waitMs) => {
        progress.done();
        printer.note(`${firstLine(api.failure(error))} Trying again in ${Math.ceil(waitMs / 1_000)} s.`);
      },
    });
    await target.finish();
    progress.done();
    if (toFile) printer.note(`${count(events)} ${events === 1 ? 'event' : 'events'}, ${size(bytes)}, in ${out}`);
  } catch (error) {
    throw api.failure(error, filter.q);
  } finally {
    progress.done();
    await target.discard();
  }
}

const firstLine = (error: unknown): string => messageOf(error).split('\n')[0]!;
const count = (value: number): string => value.toLocaleString('en');
const size = (bytes: number): string =>
  bytes < 1e6 ? `${count(Math.ceil(bytes / 1e3))} kB` : `${count(Math.round(bytes / 1e5) / 10)} MB`;
