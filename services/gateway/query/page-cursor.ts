import { CursorFault, createCursorWriter, openCursor } from '../../core/cursor/index.js';
import type { EventRow } from '../../core/rows/index.js';
import { sha256 } from '../../core/seal/index.js';
import type { Problem } from '../errors.js';
import { badParameter } from './errors.js';
import type { Parameters } from './filter.js';
import type { TenantScope } from './scope.js';

/** Newest first, or oldest first, by the time that events say. */
export type Direction = 'newest' | 'oldest';

/** The last event of a page: the next page begins behind it. */
export type PageEnd = Pick<EventRow, 'occurred_at' | 'partition' | 'offset' | 'idx' | 'incarnation'>;

const version = 2;
const bindingBytes = 16;

/** What a page cursor is good for: one tenant scope, one set of filters, one direction. It guards against mistakes; the tenant wall is scope.ts. */
export function pageBinding(scope: TenantScope, filters: Parameters, direction: Direction = 'newest'): Buffer {
  const organizations =
    scope.kind === 'organizations' && scope.organizations !== '*' ? [...scope.organizations].sort() : '*';
  const sorted = [...filters].sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([scope.kind, organizations, sorted, direction])).subarray(0, bindingBytes);
}

export function encodePageCursor(binding: Buffer, end: PageEnd): string {
  const writer = createCursorWriter(version);
  writer.fixed(binding);
  writer.fixed(end.incarnation);
  for (const value of [end.occurred_at, end.partition, end.offset, end.idx]) writer.number(Math.max(0, value));
  return writer.finish();
}

/** Throws a Problem for text that is no page cursor, or one made for another tenant or other filters. */
export function decodePageCursor(text: string, binding: Buffer): PageEnd {
  const bad = (why: string): Problem => badParameter('cursor', `${why}; start without it`);
  try {
    const reader = openCursor(text, version);
    if (!reader.fixed(bindingBytes).equals(binding)) {
      throw bad('was made for another organization, with other filters or in another order');
    }
    const incarnation = reader.fixed(16);
    const [occurred_at, partition, offset, idx] = [reader.number(), reader.number(), reader.number(), reader.number()];
    reader.done();
    return { incarnation, occurred_at, partition, offset, idx };
  } catch (error) {
    if (error instanceof CursorFault) throw bad(`is ${error.message}`);
    throw error;
  }
}
