import { varintsOf } from '../avro.js';
import { publicKeyOf } from '../edwards.js';
import { encodeHeader, keyId } from '../reference.js';
import { HEADER } from '../schemas.js';
import type { HeaderFields } from '../wire-types.js';
import { type Draft, draft, padVarint, putBytes, setVarint, spanAt } from './draft.js';
import { headerFields, MARKER, rawEvent, SEEDS, WIDE_PRODUCER } from './material.js';
import type { RulingName } from './rulings.js';
import { type JudgedVector, refused } from './types.js';

const BASE = encodeHeader(headerFields());

function badHeader(name: string, how: Draft, ruling?: RulingName): JudgedVector {
  return refused(`header: ${name}`, draft(how).value, 'bad_header', ruling === undefined ? {} : { ruling });
}

function malformed(
  name: string,
  changeHeader: (header: Buffer) => Buffer,
  fault: NonNullable<JudgedVector['fault']>,
): JudgedVector {
  return refused(`header: ${name}`, draft({ changeHeader }).value, 'bad_header', {
    fault,
    ruling: 'header_faults_are_bad_header',
  });
}

function setAt(path: string, value: bigint): (header: Buffer) => Buffer {
  return (header) => setVarint(header, spanAt(HEADER, header, path), value);
}

const MALFORMED: JudgedVector[] = [
  ...varintsOf(HEADER, BASE).map(({ path, role }) =>
    malformed(
      `padded varint, ${role} of ${path}`,
      (header) => padVarint(header, spanAt(HEADER, header, path)),
      'padded_varint',
    ),
  ),
  ...['Header.audience', 'Header.producer_id'].map((path) =>
    malformed(`length -1 of ${path}`, setAt(path, -1n), 'negative_length'),
  ),
  ...['Header.lane', 'Header.lanes', 'Header.partition', 'Header.count'].flatMap((path) =>
    [2n ** 31n, -(2n ** 31n) - 1n].map((number) =>
      malformed(`${path} of ${number}`, setAt(path, number), 'int_out_of_range'),
    ),
  ),
  ...[-1n, 5n].map((number) => malformed(`kind ${number}`, setAt('Header.kind', number), 'enum_out_of_range')),
  malformed(
    'bad UTF-8 in audience',
    (header) => putBytes(header, { start: 1, end: 2 }, Buffer.from([0xff])),
    'invalid_utf8',
  ),
  malformed('empty', () => Buffer.alloc(0), 'truncated'),
  malformed('one byte short', (header) => header.subarray(0, -1), 'truncated'),
  malformed('a byte behind it', (header) => Buffer.concat([header, Buffer.alloc(1)]), 'trailing_bytes'),
];

const NO_EVENTS: Draft = { events: [], header: { kind: 'heartbeat' } };

/** A record of kind registry, by the root key unless `header` says otherwise. */
export function marker(header: Partial<HeaderFields>): Draft {
  return { events: [], seed: SEEDS.root, header: { ...MARKER, ...header } };
}

const two53 = 2n ** 53n;

const RULES: JudgedVector[] = [
  badHeader(
    'of 1,025 bytes',
    { header: { producer_id: `${WIDE_PRODUCER}w`, key_id: keyId(publicKeyOf(SEEDS.wide)) }, seed: SEEDS.wide },
    'header_faults_are_bad_header',
  ),
  badHeader('lane -1', { header: { lane: -1 } }),
  badHeader('lane = lanes', { header: { lane: 4 } }),
  badHeader('no lanes', { header: { lane: 0, lanes: 0 } }),
  badHeader('65,537 lanes', { header: { lanes: 65_537 } }),
  badHeader('partition -1', { header: { partition: -1 } }),
  badHeader('first_seq -1', { header: { first_seq: -1n } }),
  badHeader('first_seq + count of 2^53', { header: { first_seq: two53 - 1n } }),
  badHeader('first_seq of 2^63 - 1', { header: { first_seq: 2n ** 63n - 1n } }),
  badHeader('heartbeat at sequence 2^53', { ...NO_EVENTS, header: { kind: 'heartbeat', first_seq: two53 } }),
  badHeader('created_at -1', { header: { created_at: -1n } }),
  badHeader('created_at of 2200', { header: { created_at: 7_258_118_400_000_000n } }, 'created_at_before_2200'),
  badHeader('created_at of 2^63 - 1', { header: { created_at: 2n ** 63n - 1n } }, 'created_at_before_2200'),
  badHeader('count one more than the events', { header: { count: 2 } }),
  badHeader('count one less than the events', { events: [rawEvent(), rawEvent()], header: { count: 1 } }),
  badHeader('count -1', { header: { count: -1 } }),
  badHeader('data without events', { events: [] }),
  badHeader('data without events, count 1', { events: [], header: { count: 1 } }),
  ...['open', 'heartbeat', 'close'].map((kind) =>
    badHeader(`${kind} with an event`, { header: { kind, first_seq: 0n } }),
  ),
  badHeader('registry marker with an event', { ...marker({}), events: [rawEvent()] }),
  ...['open', 'heartbeat', 'close'].map((kind) =>
    badHeader(`${kind} with another root than that of nothing`, {
      events: [],
      header: { kind, first_seq: 0n, root: Buffer.alloc(32) },
    }),
  ),
  badHeader('open at sequence 1', { events: [], header: { kind: 'open', first_seq: 1n } }),
  badHeader('data with a registry offset', { header: { registry: 41n } }),
  badHeader('heartbeat with a registry offset', { events: [], header: { kind: 'heartbeat', registry: 41n } }),
  badHeader('registry offset -1 in a marker', marker({ registry: -1n }), 'marker_registry_bounds'),
  badHeader('registry offset 2^53 in a marker', marker({ registry: two53 }), 'marker_registry_bounds'),
  badHeader('marker in another lane than its partition', marker({ lane: 2 }), 'marker_lane_is_partition'),
  badHeader('marker with fewer lanes than its partition', marker({ lanes: 3 })),
];

export function headerFaults(): JudgedVector[] {
  return [...MALFORMED, ...RULES];
}
