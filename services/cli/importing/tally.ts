import type { ImportItem, ImportNote } from '../../producer/importers/index.js';

/** What an import found, with bounded memory however many kinds of lines a file has. */
export interface Tally {
  lines: number;
  events: number;
  /** How many lines gave events. */
  eventLines: number;
  actions: Map<string, number>;
  reasons: Map<string, number>;
  known: Map<string, number>;
  other: Map<string, number>;
  unknown: Map<string, number>;
  refused: Map<string, number>;
  notes: Map<ImportNote, number>;
  assumed: Set<'year' | 'zone'>;
  /** The first of the unknown and of the refused lines. */
  unknownExamples: Example[];
  refusedExamples: Example[];
  /** Times of the first and the last event, as they came. */
  span: { first: string; last: string } | undefined;
}

export interface Example {
  line: number;
  text: string;
  detail?: string;
}

const mostExamples = 5;
/** Kinds of lines beyond these are counted as one. */
const mostKinds = 1_000;
const overflow = '(others)';

export const createTally = (): Tally => ({
  lines: 0,
  events: 0,
  eventLines: 0,
  actions: new Map(),
  reasons: new Map(),
  known: new Map(),
  other: new Map(),
  unknown: new Map(),
  refused: new Map(),
  notes: new Map(),
  assumed: new Set(),
  unknownExamples: [],
  refusedExamples: [],
  span: undefined,
});

/** Counts every item on its way. */
export async function* tallied(items: AsyncIterable<ImportItem>, tally: Tally): AsyncGenerator<ImportItem> {
  for await (const item of items) {
    count(item, tally);
    yield item;
  }
}

function count(item: ImportItem, tally: Tally): void {
  tally.lines += 1;
  switch (item.kind) {
    case 'events':
      tally.eventLines += 1;
      tally.events += item.events.length;
      for (const { action, reason, occurred_at: at } of item.events) {
        add(tally.actions, action);
        if (reason) add(tally.reasons, reason);
        if (at) tally.span = { first: tally.span?.first ?? at, last: at };
      }
      for (const note of item.notes) add(tally.notes, note);
      for (const what of item.assumed) tally.assumed.add(what);
      break;
    case 'known':
      add(tally.known, item.template);
      break;
    case 'other':
      add(tally.other, item.program);
      break;
    case 'unknown':
      add(tally.unknown, item.template);
      example(tally.unknownExamples, item);
      break;
    case 'refused':
      add(tally.refused, item.reason);
      example(tally.refusedExamples, item);
      break;
  }
}

function add<K extends string>(counts: Map<K, number>, key: K): void {
  const counted = counts.has(key) || counts.size < mostKinds ? key : (overflow as K);
  counts.set(counted, (counts.get(counted) ?? 0) + 1);
}

function example(examples: Example[], { line, text, detail }: Example): void {
  if (examples.length < mostExamples) examples.push({ line, text, ...(detail ? { detail } : {}) });
}

export const totalOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

export const byCount = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].sort(([a, some], [b, other]) => other - some || (a < b ? -1 : 1));
