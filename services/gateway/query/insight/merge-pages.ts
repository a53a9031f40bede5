import type { EventRow } from '../../../core/rows/index.js';
import type { NewestPage } from '../newest.js';
import type { PageEnd } from '../page-cursor.js';

/** As pages are ordered (newest.ts): negative where `a` is the newer one. */
export function newestFirst(a: PageEnd, b: PageEnd): number {
  return (
    b.occurred_at - a.occurred_at ||
    b.partition - a.partition ||
    b.offset - a.offset ||
    b.idx - a.idx ||
    b.incarnation.compare(a.incarnation)
  );
}

/**
 * One page out of pages of different events that begin at the same place, newest first. Behind the end of a page there may be more of its events, so
 * nothing of the others is taken from behind it.
 */
export function mergePages(pages: readonly NewestPage[], limit: number): NewestPage {
  const ends = pages.flatMap(({ end }) => (end ? [end] : []));
  const all: EventRow[] = pages.flatMap(({ rows }) => rows).sort(newestFirst);
  const known = all.filter((row) => ends.every((end) => newestFirst(row, end) <= 0));
  const rows = known.slice(0, limit);
  const isLast = ends.length === 0 && rows.length === all.length;
  return { rows, end: isLast ? undefined : rows.at(-1) };
}
