import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EventInput } from '../../services/core/event/index.js';
import { packageRoot } from '../../services/core/paths.js';
import {
  createOpaqueIds,
  type ImportItem,
  type ImportOptions,
  importers,
} from '../../services/producer/importers/index.js';

/** 2026-06-15T12:00:00Z, the day on which tests import. */
export const importDay = Date.UTC(2026, 5, 15, 12);

export const testIds = createOpaqueIds({ key: Buffer.alloc(32, 7), organization: 'acme' });

/** What becomes of these lines. */
export async function importLines(
  lines: readonly string[],
  options: Partial<ImportOptions> & { format?: string } = {},
): Promise<ImportItem[]> {
  const importer = importers.find(({ format }) => format === (options.format ?? 'sshd'))!;
  const all: ImportOptions = { organization: 'acme', ids: testIds, timeZone: 'UTC', nowMs: importDay, ...options };
  const items: ImportItem[] = [];
  for await (const item of importer.parse(stream(lines), all)) items.push(item);
  return items;
}

async function* stream(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/**
 * Data that others made and that may not be copied into this repository: it stands beside the checkout, in `../shared/data`. Undefined
 * where it does not; `skip` then says so.
 */
export function sharedData(path: string): { file: string; skip: false | string } {
  const file = join(dirname(packageRoot()), 'shared', 'data', path);
  return { file, skip: existsSync(file) ? false : `skipped: ${file} is not there` };
}

/** A line of sshd, written on 10 March at 06:55:46. */
export const sshdLine = (message: string, program = 'sshd[4711]'): string =>
  `Mar 10 06:55:46 web1 ${program}: ${message}`;

export async function importLine(line: string, options?: Partial<ImportOptions>): Promise<ImportItem> {
  const [item] = await importLines([line], options);
  return item!;
}

export async function eventOf(line: string, options?: Partial<ImportOptions>): Promise<EventInput> {
  const item = await importLine(line, options);
  assert.equal(item.kind, 'events', JSON.stringify(item));
  assert.equal(item.kind === 'events' && item.events.length, 1);
  return item.kind === 'events' ? item.events[0]! : assert.fail();
}

export const detailsOf = (event: EventInput): Record<string, unknown> => event.details as Record<string, unknown>;
