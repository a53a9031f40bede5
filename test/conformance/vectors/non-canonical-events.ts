import { type Schema, type VarintSpan, varintsOf } from '../avro.js';
import type { CanonicalFault } from '../faults.js';
import { encodeBody } from '../reference.js';
import { BODY, CONTENT, IDENTITY } from '../schemas.js';
import type { EventParts } from '../wire-types.js';
import { draft, padVarint, putBytes, setVarint, spanAt } from './draft.js';
import { bodyFields, rawEvent, smallestBody } from './material.js';
import { type JudgedVector, refusedEvent } from './types.js';

/** Parts that avsc or another lenient reader may take. The root covers the wrong bytes, so only the event is at fault. */
type PartName = keyof EventParts;

const SCHEMA_OF: Record<PartName, Schema> = { body: BODY, identity: IDENTITY, content: CONTENT };
const BASE = rawEvent();

function vector(part: PartName, what: string, bytes: Buffer, fault: CanonicalFault): JudgedVector {
  const { value } = draft({ events: [{ ...BASE, [part]: bytes }] });
  return refusedEvent(`${part}: ${what}`, value, 'non_canonical', { fault });
}

function eachVarint(part: PartName, keep: (span: VarintSpan) => boolean, make: (span: VarintSpan) => JudgedVector) {
  return varintsOf(SCHEMA_OF[part], BASE[part]).filter(keep).map(make);
}

function paddedVarints(part: PartName): JudgedVector[] {
  return eachVarint(
    part,
    () => true,
    (span) => vector(part, `padded varint, ${span.role} of ${span.path}`, padVarint(BASE[part], span), 'padded_varint'),
  );
}

function negativeLengths(part: PartName): JudgedVector[] {
  return eachVarint(
    part,
    (span) => span.role === 'length',
    (span) => vector(part, `length -1 of ${span.path}`, setVarint(BASE[part], span, -1n), 'negative_length'),
  );
}

/** By path: the first number that no symbol has. */
const FIRST_BEYOND: Record<string, bigint> = {
  'Body.scope': 3n,
  'Body.actor_type': 7n,
  'Body.kind': 2n,
  'Body.outcome': 5n,
};

function wrongEnums(): JudgedVector[] {
  return Object.entries(FIRST_BEYOND).flatMap(([path, firstBeyond]) => {
    const span = spanAt(BODY, BASE.body, path);
    return [-1n, firstBeyond, 2n ** 32n].map((number) =>
      vector('body', `enum ${number} of ${path}`, setVarint(BASE.body, span, number), 'enum_out_of_range'),
    );
  });
}

const BAD_UTF8 = [
  ['a lone continuation byte', '80'],
  ['overlong NUL (C0 80)', 'c080'],
  ['overlong slash (C1 AF)', 'c1af'],
  ['overlong in three bytes', 'e080af'],
  ['overlong in four bytes', 'f08080af'],
  ['largest overlong of three bytes (E0 9F BF)', 'e09fbf'],
  ['largest overlong of four bytes (F0 8F BF BF)', 'f08fbfbf'],
  ['high surrogate', 'eda080'],
  ['low surrogate', 'edbfbf'],
  ['surrogate pair (CESU-8)', 'eda081edb080'],
  ['above U+10FFFF', 'f4908080'],
  ['five-byte form', 'f888808080'],
  ['six-byte form', 'fc8480808080'],
  ['byte FE', 'fe'],
  ['byte FF', 'ff'],
  ['two-byte sequence cut', '41c3'],
  ['three-byte sequence cut', '41e282'],
  ['four-byte sequence cut', '41f09f92'],
  ['sequence broken by ASCII', 'e28241'],
] as const;

/** Puts raw bytes in place of a string that stands at `path`. */
function withString(part: PartName, path: string, text: Buffer): Buffer {
  const span = spanAt(SCHEMA_OF[part], BASE[part], path);
  const length = Number(BASE[part][span.start] ?? 0) / 2;
  const counted = Buffer.concat([Buffer.from([text.length * 2]), text]);
  return putBytes(BASE[part], { start: span.start, end: span.end + length }, counted);
}

function badUtf8(): JudgedVector[] {
  const forms = (
    [
      ['body', 'Body.actor_id'],
      ['identity', 'Identity.actor_name'],
      ['content', 'Content.path'],
    ] as const
  ).flatMap(([part, path]) =>
    BAD_UTF8.map(([what, hex]) =>
      vector(part, `UTF-8, ${what} in ${path}`, withString(part, path, Buffer.from(hex, 'hex')), 'invalid_utf8'),
    ),
  );
  const shown = ['Body.actor_id', 'Identity.actor_name', 'Content.path'];
  const everywhere = (['body', 'identity', 'content'] as const).flatMap((part) =>
    eachVarint(
      part,
      (span) => span.role === 'length' && span.path !== 'Identity.ip' && !shown.includes(span.path),
      (span) =>
        vector(
          part,
          `UTF-8, byte FF in ${span.path}`,
          withString(part, span.path, Buffer.from('ff', 'hex')),
          'invalid_utf8',
        ),
    ),
  );
  return [...forms, ...everywhere];
}

function arrays(): JudgedVector[] {
  const small = encodeBody(smallestBody());
  const one = encodeBody(bodyFields({ related: [{ type: 'order', id: 'o-9' }] }), 'sized');
  return [
    vector('body', 'related in two blocks', encodeBody(bodyFields(), 'split'), 'split_array_block'),
    vector(
      'body',
      'related in a block of negative count and its size',
      encodeBody(bodyFields(), 'sized'),
      'negative_block_count',
    ),
    vector('body', 'one related in a block of count -1', one, 'negative_block_count'),
    vector(
      'body',
      'related of no items as an empty sized block',
      putBytes(noRelated(), spanAt(BODY, noRelated(), 'Body.related'), Buffer.from('010000', 'hex')),
      'negative_block_count',
    ),
    vector(
      'body',
      'related count of 2^60',
      setVarint(small, spanAt(BODY, small, 'Body.related'), 2n ** 60n),
      'truncated',
    ),
  ];
}

function noRelated(): Buffer {
  return encodeBody(bodyFields({ related: [] }));
}

function overflows(): JudgedVector[] {
  const time = spanAt(BODY, BASE.body, 'Body.occurred_at');
  const put = (hex: string) => putBytes(BASE.body, time, Buffer.from(hex, 'hex'));
  return [
    vector('body', 'a varint of 65 bits', put('80808080808080808002'), 'varint_overflow'),
    vector('body', 'a varint of 70 bits', put('ffffffffffffffffff7f'), 'varint_overflow'),
    vector('body', 'a varint of eleven bytes', put('8080808080808080808000'), 'varint_overflow'),
    vector('body', 'a zero of ten bytes', put('80808080808080808000'), 'padded_varint'),
  ];
}

function wholeParts(): JudgedVector[] {
  const zeroRow = (part: PartName, length: number) =>
    vector(part, 'zeros for every field instead of zero bytes', Buffer.alloc(length), 'zero_row_part');
  const cut = (['body', 'identity', 'content'] as const).flatMap((part) => [
    vector(part, 'its last byte missing', BASE[part].subarray(0, -1), 'truncated'),
    vector(part, 'half of it missing', BASE[part].subarray(0, BASE[part].length / 2), 'truncated'),
    vector(part, 'only its first byte', BASE[part].subarray(0, 1), 'truncated'),
    vector(part, 'a zero byte behind it', Buffer.concat([BASE[part], Buffer.alloc(1)]), 'trailing_bytes'),
    vector(part, 'twice', Buffer.concat([BASE[part], BASE[part]]), 'trailing_bytes'),
  ]);
  return [
    ...cut,
    vector('body', 'zero bytes', Buffer.alloc(0), 'truncated'),
    zeroRow('identity', 6),
    zeroRow('content', 5),
    vector('identity', 'a zero row with a byte behind it', Buffer.alloc(7), 'trailing_bytes'),
    vector('content', 'a zero row with a byte behind it', Buffer.alloc(6), 'trailing_bytes'),
    vector('identity', 'one zero byte', Buffer.alloc(1), 'truncated'),
    vector('content', 'one zero byte', Buffer.alloc(1), 'truncated'),
  ];
}

function cutLastString(part: 'identity' | 'content', path: string): JudgedVector {
  const span = spanAt(SCHEMA_OF[part], BASE[part], path);
  return vector(part, `length beyond the end of ${path}`, setVarint(BASE[part], span, 2n ** 40n), 'truncated');
}

export function nonCanonicalEvents(): JudgedVector[] {
  return [
    ...paddedVarints('body'),
    ...paddedVarints('identity'),
    ...paddedVarints('content'),
    ...negativeLengths('body'),
    ...negativeLengths('identity'),
    ...negativeLengths('content'),
    ...wrongEnums(),
    ...badUtf8(),
    ...arrays(),
    ...overflows(),
    ...wholeParts(),
    cutLastString('identity', 'Identity.session_id'),
    cutLastString('content', 'Content.after'),
  ];
}
