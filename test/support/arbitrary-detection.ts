import fc from 'fast-check';
import type { EventInput } from '../../services/core/event/index.js';
import { actions, addresses, arbitraryEvent, oddWords } from './arbitrary-event.js';

const names = ['a', 'b', 'c', 'C', '1', 'é "x'] as const;
const numbers = [
  0,
  1,
  -1,
  5,
  5.5,
  1e20,
  1e21,
  1e-6,
  1e-7,
  4_294_967_296,
  123_456.789,
  1.5e300,
  2 ** 53 - 1,
  0.1 + 0.2,
] as const;
const numberTexts = ['5', '5.0', '05', '5.5', '1e3', '-1', '1000'] as const;
const times = ['2026-01-01T23:30:00Z', '2026-06-30T12:00:00+02:00', '2024-12-30T00:00:00.5Z', '2026-01-01'] as const;
const networks = [
  '10.0.0.7',
  '10.0.1.9',
  '192.168.7.9',
  '2001:db8::5',
  '::ffff:10.0.0.7',
  '010.0.0.7',
  '10.0.0',
] as const;
const spelled = ['Straße', 'ÜNÏCØDÉ 🜂', 'a/b', 'x*y', 'x?y', 'TRUE', 'null', 'ab', 'Abc', 'abcabc', ''] as const;
/** Letters that case, JSON and regular expressions treat in ways of their own. */
const unusual = ['é', '\u2028x', '\u0007', 'İstanbul', 'ΟΔΟΣ ΣΑΣ', 'K', 'ﬁ', '{"a":1}', '"', '\\', 'e\u0301'] as const;

const words = [...oddWords, ...numberTexts, ...times, ...networks, ...spelled, ...unusual];
const word = fc.constantFrom(...words);

const { document } = fc.letrec<{ document: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(word, fc.constantFrom(...numbers), fc.boolean(), fc.constant(null)),
  document: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('document'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('document'), { maxKeys: 3 }),
  ),
}));

const object = fc.dictionary(fc.constantFrom(...names), document, { maxKeys: 3 });

/** Events with JSON that detections look into. */
export const arbitraryLoggedEvent: fc.Arbitrary<Partial<EventInput>> = fc
  .tuple(
    arbitraryEvent,
    fc.oneof({ weight: 6, arbitrary: object }, { weight: 1, arbitrary: document }),
    fc.option(object, { nil: undefined }),
    fc.option(word, { nil: undefined }),
  )
  .map(([event, details, after, userAgent]) => ({
    ...event,
    details,
    ...(after === undefined ? {} : { after }),
    ...(userAgent === undefined ? {} : { user_agent: userAgent }),
  }));

const path = fc
  .tuple(
    fc.constantFrom('details', 'details', 'details', 'after'),
    fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
  )
  .map(([root, keys]) => [root, ...keys].join('.'));

const field = fc.oneof(
  { weight: 3, arbitrary: path },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'action',
      'category',
      'actor',
      'actor.id',
      'actor.name',
      'actor.email',
      'actor.type',
      'target',
      'target.type',
      'target.name',
      'related',
      'outcome',
      'success',
      'kind',
      'scope',
      'organization',
      'correlation_id',
      'message',
      'user_agent',
      'reason',
      'details',
    ),
  },
  { weight: 1, arbitrary: fc.constant('ip') },
);

/** A word, some of it with wildcards, or in another case. */
const pattern = fc
  .tuple(fc.oneof(word, fc.constantFrom(...actions, ...addresses, 'user', 'success', 'denied')), fc.nat(7), fc.nat())
  .map(([text, form, cut]) => {
    const chars = [...text];
    const at = chars.length === 0 ? 0 : cut % chars.length;
    const escaped = (part: string[]): string => part.join('').replace(/[\\*?]/g, '\\$&');
    if (form === 0) return `${escaped(chars.slice(0, at))}*`;
    if (form === 1) return `*${escaped(chars.slice(at))}`;
    if (form === 2) return `${escaped(chars.slice(0, at))}?${escaped(chars.slice(at + 1))}`;
    if (form === 3) return `${escaped(chars.slice(0, at))}*${escaped(chars.slice(at + 1))}`;
    if (form === 4) return escaped(chars).toUpperCase();
    return escaped(chars);
  });

const part = fc
  .tuple(word, fc.nat(), fc.nat())
  .map(([text, from, length]) => {
    const chars = [...text];
    const start = chars.length === 0 ? 0 : from % chars.length;
    return chars.slice(start, start + 1 + (length % 4)).join('');
  })
  .filter((text) => text !== '');

const regex = fc.constantFrom(
  '^a',
  'login.*failed$',
  '[0-9]+',
  '\\d{2}\\.',
  '(acme|usr)_?1?',
  'ü.*É',
  'b\\\\s',
  '^.$',
  'a.b',
  '^and',
  'NULL',
);

type Entry = readonly [key: string, value: unknown];
const entry = (key: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>): fc.Arbitrary<Entry> => fc.tuple(key, value);
const modified = (modifiers: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(field, fc.constantFrom(...modifiers)).map(([name, modifier]) => `${name}${modifier}`);

const some = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(of, fc.array(of, { minLength: 1, maxLength: 5 }));

const test: fc.Arbitrary<Entry> = fc.oneof(
  {
    weight: 6,
    arbitrary: entry(
      modified(['', '', '|cased', '|neq']),
      some(fc.oneof(pattern, fc.constantFrom(...numbers), fc.boolean())),
    ),
  },
  { weight: 3, arbitrary: entry(modified(['|contains', '|startswith', '|endswith', '|contains|cased']), some(part)) },
  { weight: 1, arbitrary: entry(modified(['|contains|all', '|all']), fc.array(part, { minLength: 2, maxLength: 3 })) },
  { weight: 1, arbitrary: entry(field, fc.constantFrom(null, '')) },
  { weight: 1, arbitrary: entry(modified(['|exists']), fc.boolean()) },
  { weight: 2, arbitrary: entry(modified(['|re', '|re|i', '|re|i|m|s']), regex) },
  { weight: 1, arbitrary: entry(modified(['|lt', '|lte', '|gt', '|gte', '|gt|neq']), fc.constantFrom(...numbers)) },
  {
    weight: 1,
    arbitrary: entry(
      fc.oneof(path, fc.constant('ip')).map((name) => `${name}|cidr`),
      some(fc.constantFrom('10.0.0.0/8', '10.0.0.0/24', '192.168.7.9/32', '2001:db8::/32', '::/0', '0.0.0.0/0')),
    ),
  },
  { weight: 1, arbitrary: entry(modified(['|fieldref', '|fieldref|contains', '|fieldref|neq']), field) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.constant('time'), path),
        fc.constantFrom(
          ['hour', 5],
          ['hour|gte', 22],
          ['minute|lt', 30],
          ['day', 1],
          ['week', 1],
          ['month', 12],
          ['year', 2026],
        ),
      )
      .map(([name, [key, value]]): Entry => [`${name}|${key}`, value]),
  },
);

const selection: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(test, { minLength: 1, maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.array(test, { minLength: 1, maxLength: 2 }).map((entries) => Object.fromEntries(entries)),
      { minLength: 1, maxLength: 3 },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(
      part.filter((text) => !/^[*?]+$/.test(text)),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

const conditions = [
  's1',
  's1',
  's1 and s2',
  's1 or s2',
  'not s1',
  's1 and not s2',
  '(s1 or s2) and not s3',
  '1 of s*',
  'all of them',
  's1 and (s2 or not s3)',
  'not 1 of s*',
] as const;

/** A Sigma rule over our own fields, as JSON. */
export const arbitraryRule: fc.Arbitrary<string> = fc
  .tuple(
    selection,
    selection,
    selection,
    fc.constantFrom(...conditions),
    fc.uuid(),
    fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
  )
  .map(([s1, s2, s3, condition, id, timezone]) =>
    JSON.stringify({
      title: 'made up',
      id,
      logsource: { product: 'sealstream' },
      detection: { s1, s2, s3, condition },
      custom_attributes: { timezone },
    }),
  );
