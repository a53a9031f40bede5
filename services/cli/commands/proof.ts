import type { Command } from 'commander';
import { filterParameters } from '../../client/query/filter.js';
import type { ConnectionOptions } from '../connection/connection.js';
import { usageError } from '../errors.js';
import { filterOf, withFilters } from '../events/filters.js';
import type { Request } from '../http/api.js';
import { type Tools, wholeNumber, withConnectionOptions } from './command.js';

interface ProofOptions extends ConnectionOptions {
  limit?: number;
  shard?: string;
  range?: string;
}

/** How long a bundle is asked for again whose records are not wholly stored yet. */
const patienceMs = 10_000;

/** Bundles for `sealstream verify`, written to standard output as they came. */
export function addProof(parent: Command, tools: Tools): void {
  const command = parent
    .command('proof')
    .description('the evidence bundle of an event, of a query, or of a range of a log, for `verify` to judge offline')
    .argument('[id]', 'of an event; without it, filters or --shard and --range say what');
  withFilters(withConnectionOptions(command))
    .option('--limit <n>', 'at most so many events of a query', wholeNumber(1, 1_000))
    .option('--shard <name>', 'a shard of the log, as /api/log lists them')
    .option('--range <i:j>', 'its entries from i to below j')
    .action(async (id: string | undefined, options: ProofOptions) => {
      const { connect, printer, surroundings } = tools;
      const api = connect(options);
      const filter = filterOf(options, { nowMs: surroundings.nowMs() });
      const query = filterParameters(filter);
      const asked = [id !== undefined, options.shard !== undefined, Object.keys(filter).length > 0 || options.limit];
      if (asked.filter(Boolean).length !== 1) {
        throw usageError('Name one of: an event’s id; filters or --limit; --shard with --range.');
      }
      const patience: Request = {
        patienceMs,
        onWait: ({ message }) => printer.note(`${message.split('\n')[0]}. Asking again.`),
      };
      const bundle =
        id !== undefined
          ? await api.get<object>(`/api/audit/${encodeURIComponent(id)}/proof`, patience)
          : await api.post<object>('/api/audit/proofs', {
              ...patience,
              body:
                options.shard === undefined
                  ? { query: { ...query, ...(options.limit === undefined ? {} : { limit: String(options.limit) }) } }
                  : { range: { shard: options.shard, ...rangeOf(options.range) } },
            });
      await printer.text(`${JSON.stringify(bundle)}\n`);
    });
}

function rangeOf(text: string | undefined): { from: number; to: number } {
  const [, from, to] = /^(\d{1,15}):(\d{1,15})$/.exec(text ?? '') ?? [];
  if (from === undefined) throw usageError('--shard needs --range i:j, two indices of its log.');
  return { from: Number(from), to: Number(to) };
}
