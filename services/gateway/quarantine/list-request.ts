import { eventReasons, type Reason, recordReasons } from '../../core/wire/index.js';
import { badParameter } from '../query/errors.js';
import { readParameters } from '../query/filter.js';
import { type ParameterReader, parameterReader } from '../query/parameter-reader.js';
import { type Given, one, symbols, timeUs, wholeNumber } from '../query/values.js';
import { states } from './set-aside.js';
import type { PageEnd, QuarantineFilter } from './table.js';

export const listLimits = { most: 200, usual: 50 };
export const eventLimits = { most: 1_000, usual: 100 };
export const reasons: readonly Reason[] = [...new Set<Reason>([...recordReasons, ...eventReasons])];
const most = { partition: 4_294_967_295, offset: 999_999_999_999_999 };

const filterNames = ['reason', 'state', 'partition', 'from', 'to', 'producer_id', 'key_id'];
type Query = Readonly<Record<string, unknown>>;

/** Which records. Throws problems that name the parameter. */
export function readQuarantineList(query: Query): {
  filter: QuarantineFilter;
  page: { limit: number; after: PageEnd | undefined };
} {
  const read = parameterReader(readParameters(query), [...filterNames, 'limit', 'cursor']);
  return {
    filter: filterOf(read),
    page: {
      limit: read('limit', (given) => wholeNumber(given, { min: 1, max: listLimits.most })) ?? listLimits.usual,
      after: read('cursor', endOf),
    },
  };
}

export const readQuarantineFilter = (query: Query): QuarantineFilter =>
  filterOf(parameterReader(readParameters(query), filterNames));

export function readEventsAsked(query: Query): { incarnation: string | undefined; from: number; limit: number } {
  const read = parameterReader(readParameters(query), ['incarnation', 'from', 'limit']);
  return {
    incarnation: read('incarnation', incarnationOf),
    from: read('from', (given) => wholeNumber(given, { min: 0, max: 65_535 })) ?? 0,
    limit: read('limit', (given) => wholeNumber(given, { min: 1, max: eventLimits.most })) ?? eventLimits.usual,
  };
}

export const readIncarnation = (query: Query): string | undefined =>
  parameterReader(readParameters(query), ['incarnation'])('incarnation', incarnationOf);

/** Of a path. */
export function readPlace(path: Readonly<Record<'partition' | 'offset', unknown>>): {
  partition: number;
  offset: number;
} {
  const [partition, offset] = (['partition', 'offset'] as const).map((name) =>
    wholeNumber({ name, values: [String(path[name])] }, { min: 0, max: most[name] }),
  );
  return { partition: partition!, offset: offset! };
}

/** The page begins behind it. It is no secret. */
export const cursorOf = ({ appendTimeMs, partition, offset, incarnation }: PageEnd): string =>
  `${appendTimeMs}.${partition}.${offset}.${incarnation}`;

function filterOf(read: ParameterReader): QuarantineFilter {
  const [fromMs, toMs] = ['from', 'to'].map((name) => read(name, (given) => Math.floor(timeUs(given) / 1_000)));
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw badParameter('to', 'is not after from');
  return {
    reasons: read('reason', (given) => symbols(given, reasons)),
    states: read('state', (given) => symbols(given, states)),
    partition: read('partition', (given) => wholeNumber(given, { min: 0, max: most.partition })),
    fromMs,
    toMs,
    producer: read('producer_id', one),
    key: read('key_id', keyOf),
  };
}

function keyOf(given: Given): string {
  const key = one(given).toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(key)) throw badParameter(given.name, 'is no key id: 64 hex digits');
  return key;
}

function incarnationOf(given: Given): string {
  const text = one(given).toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(text)) throw badParameter(given.name, 'is no incarnation: 32 hex digits');
  return text;
}

function endOf(given: Given): PageEnd {
  const [, ms = '', partition = '', offset = '', incarnation = ''] =
    /^(\d{1,15})\.(\d{1,10})\.(\d{1,15})\.([0-9a-f]{32})$/.exec(one(given)) ?? [];
  if (incarnation === '' || Number(partition) > most.partition) {
    throw badParameter(given.name, 'is no cursor of this list; start without it');
  }
  return { appendTimeMs: Number(ms), partition: Number(partition), offset: Number(offset), incarnation };
}
