import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { EventRow } from '../../services/core/rows/index.js';
import { mergePages, newestFirst } from '../../services/gateway/query/insight/merge-pages.js';
import type { PageEnd } from '../../services/gateway/query/page-cursor.js';

const incarnation = Buffer.alloc(16);
const row = (at: number, n: number) => ({ occurred_at: at, partition: 0, offset: n, idx: 0, incarnation }) as EventRow;

describe('pages of two kinds of events', () => {
  test('read together, give every event once and in order, whatever the size of the pages', () => {
    const rows = fc.array(fc.nat(9), { maxLength: 40 });
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(3),
        (times, kinds, limit, short) => {
          const all = times.map(row).sort(newestFirst);
          const streams = [true, false].map((kind) => all.filter(({ offset }) => kinds[offset] === kind));
          // A page of large events holds fewer than were asked for.
          const page = (stream: EventRow[], after: PageEnd | undefined, size: number) => {
            const left = stream.filter((one) => !after || newestFirst(after, one) < 0);
            return { rows: left.slice(0, size), end: left.length > size ? left[size - 1] : undefined };
          };
          const seen: EventRow[] = [];
          let after: PageEnd | undefined;
          for (let pages = 0; pages <= all.length; pages += 1) {
            const parts = streams.map((stream, n) => page(stream, after, n === 0 ? limit : Math.max(1, limit - short)));
            const merged = mergePages(parts, limit);
            assert.ok(merged.rows.length <= limit);
            seen.push(...merged.rows);
            after = merged.end;
            if (!after) break;
          }
          assert.deepEqual(seen, all);
        },
      ),
    );
  });
});
