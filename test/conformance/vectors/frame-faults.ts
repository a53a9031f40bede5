import { varintsOf } from '../avro.js';
import { SIGNED_BATCH, SIGNED_ENTRY_PREFIX } from '../schemas.js';
import { changeBehindPrefix, draft, padVarint, putBytes, setVarint, spanAt } from './draft.js';
import {
  bytesFor,
  contentFields,
  encodeParts,
  eventFields,
  headerFields,
  NO_CONTENT,
  NO_IDENTITY,
  rawEvent,
  smallestBody,
} from './material.js';
import { accepted, type JudgedVector, refused } from './types.js';

const TWO = draft({ events: [rawEvent(), rawEvent()] }).value;
const PLAIN = TWO.subarray(10);

function prefixed(name: string, prefix: Buffer): JudgedVector {
  return refused(name, Buffer.concat([prefix, PLAIN]), 'bad_frame');
}

function flip(at: number): Buffer {
  const prefix = Buffer.from(TWO.subarray(0, 10));
  prefix[at] = (prefix[at] ?? 0) ^ 1;
  return prefix;
}

const PREFIXES: JudgedVector[] = [
  refused('no bytes', Buffer.alloc(0), 'bad_frame'),
  refused('the marker alone', TWO.subarray(0, 2), 'bad_frame'),
  refused('nine bytes of prefix', TWO.subarray(0, 9), 'bad_frame'),
  refused('text', Buffer.from('{"action":"invoice.approved"}'), 'bad_frame'),
  refused('a batch without its prefix', PLAIN, 'bad_frame'),
  prefixed('first byte of the prefix wrong', flip(0)),
  prefixed('version byte of the prefix wrong', flip(1)),
  prefixed('fingerprint wrong', flip(9)),
  prefixed(
    'fingerprint in big-endian',
    Buffer.concat([TWO.subarray(0, 2), Buffer.from(TWO.subarray(2, 10)).reverse()]),
  ),
  prefixed('the prefix of SignedEntry', SIGNED_ENTRY_PREFIX),
  refused('the prefix alone', TWO.subarray(0, 10), 'non_canonical', {
    fault: 'truncated',
    ruling: 'prefix_only_is_bad_frame',
  }),
];

function change(name: string, bytes: Buffer, fault?: NonNullable<JudgedVector['fault']>): JudgedVector {
  return refused(
    name,
    changeBehindPrefix(TWO, () => bytes),
    'non_canonical',
    fault === undefined ? {} : { fault },
  );
}

const SPANS = varintsOf(SIGNED_BATCH, PLAIN);
const COUNT = spanAt(SIGNED_BATCH, PLAIN, 'SignedBatch.events');
const END = SPANS.at(-1) ?? COUNT;

const ENVELOPES: JudgedVector[] = [
  ...SPANS.map((span) =>
    change(`envelope: padded varint, ${span.role} of ${span.path}`, padVarint(PLAIN, span), 'padded_varint'),
  ),
  ...SPANS.filter((span) => span.role === 'length').map((span) =>
    change(`envelope: length -1 of ${span.path}`, setVarint(PLAIN, span, -1n), 'negative_length'),
  ),
  refused(
    'envelope: events in two blocks',
    draft({ events: [rawEvent(), rawEvent()], arrays: 'split' }).value,
    'non_canonical',
    { fault: 'split_array_block' },
  ),
  refused('envelope: events in a block of negative count', draft({ arrays: 'sized' }).value, 'non_canonical', {
    fault: 'negative_block_count',
  }),
  change('envelope: a count one too high', setVarint(PLAIN, COUNT, 3n)),
  change('envelope: a count one too low', setVarint(PLAIN, COUNT, 1n), 'split_array_block'),
  change('envelope: count of 2^62', setVarint(PLAIN, COUNT, 2n ** 62n)),
  change('envelope: another block announced', setVarint(PLAIN, END, 1n), 'split_array_block'),
  change(
    'envelope: header length of 2^40',
    setVarint(PLAIN, spanAt(SIGNED_BATCH, PLAIN, 'SignedBatch.header'), 2n ** 40n),
    'truncated',
  ),
  change(
    'envelope: header length of 11 bytes',
    putBytes(PLAIN, spanAt(SIGNED_BATCH, PLAIN, 'SignedBatch.header'), Buffer.from('ffffffffffffffffffff01', 'hex')),
    'varint_overflow',
  ),
  change('envelope: signature one byte short', PLAIN.subarray(0, -1), 'truncated'),
  change('envelope: cut in the middle', PLAIN.subarray(0, PLAIN.length / 2), 'truncated'),
  change('envelope: a byte behind the signature', Buffer.concat([PLAIN, Buffer.alloc(1)]), 'trailing_bytes'),
  change('envelope: twice', Buffer.concat([PLAIN, PLAIN]), 'trailing_bytes'),
];

/** Four events of contents that bring the whole value to exactly `bytes`. */
function recordOf(bytes: number): Buffer {
  const sized = (lengths: number[]) =>
    draft({
      events: lengths.map((length) =>
        encodeParts(eventFields({ content: contentFields({ details: 'x'.repeat(length) }) })),
      ),
    }).value;
  const full = [250_000, 250_000, 250_000];
  const last = bytes - sized([...full, 240_000]).length + 240_000;
  const value = sized([...full, last]);
  if (value.length !== bytes) throw new Error(`the value has ${value.length} bytes, not ${bytes}`);
  return value;
}

const TINY = encodeParts({ body: smallestBody(), identity: NO_IDENTITY, content: NO_CONTENT });
const TOO_MANY = draft({ events: Array.from({ length: 1_001 }, () => TINY) }).value;

const LIMITS: JudgedVector[] = [
  accepted('a record of 1,000,000 bytes', recordOf(1_000_000), { events: 4, ruling: 'record_limit_counts_the_value' }),
  refused('a record of 1,000,001 bytes', recordOf(1_000_001), 'limit_exceeded', {
    ruling: 'record_limit_counts_the_value',
  }),
  refused('1,001 events', TOO_MANY, 'limit_exceeded', { ruling: 'reasons_in_listed_order' }),
  refused('1,001 events and a byte behind them', Buffer.concat([TOO_MANY, Buffer.alloc(1)]), 'non_canonical', {
    fault: 'trailing_bytes',
    ruling: 'reasons_in_listed_order',
  }),
  refused(
    '1,000,001 bytes that are no batch',
    Buffer.concat([bytesFor('no batch', 1), Buffer.alloc(1_000_000)]),
    'bad_frame',
    {
      ruling: 'reasons_in_listed_order',
    },
  ),
  refused(
    'a record over its limit whose header is wrong too',
    draft({ events: Array.from({ length: 1_001 }, () => TINY), header: headerFields({ lane: 9 }) }).value,
    'limit_exceeded',
  ),
];

export function frameFaults(): JudgedVector[] {
  return [...PREFIXES, ...ENVELOPES, ...LIMITS];
}
