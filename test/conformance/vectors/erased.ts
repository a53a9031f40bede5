import { varintsOf } from '../avro.js';
import { sha256 } from '../merkle.js';
import { decodeSignedBatch, encodeContent, partDigest, saltsOf } from '../reference.js';
import { ERASED_BATCH, ERASED_BATCH_PREFIX } from '../schemas.js';
import type { ErasablePart, ErasedEventParts } from '../wire-types.js';
import { ERASED_ORIGINAL } from './contexts.js';
import {
  changeBehindPrefix,
  type Drafted,
  draft,
  eraseDraft,
  padVarint,
  SALT_SEED,
  setVarint,
  spanAt,
} from './draft.js';
import { contentOf, OVER_LIMIT_EVENTS } from './limits.js';
import { encodeParts, MARKER, rawEvent, SEEDS } from './material.js';
import { accepted, type JudgedVector, judged, refused, refusedEvent } from './types.js';

const EMPTY: ErasablePart = { tag: 'empty', data: Buffer.alloc(0) };

function salted(salt: Buffer, part: Buffer): ErasablePart {
  return part.length === 0 ? EMPTY : { tag: 'salted', data: Buffer.concat([salt, part]) };
}

/** The record's events with every salt in the place of the seed and nothing erased yet. */
function unsealed({ value }: Drafted): ErasedEventParts[] {
  return decodeSignedBatch(value).events.map(({ body, identity, content }, index) => {
    const salts = saltsOf(SALT_SEED, index);
    return { body, identity: salted(salts.identity, identity), content: salted(salts.content, content) };
  });
}

function digestOf(part: ErasablePart): ErasablePart {
  if (part.tag === 'empty') return part;
  return { tag: 'digest', data: partDigest(part.data.subarray(0, 16), part.data.subarray(16)) };
}

const KEPT = unsealed(ERASED_ORIGINAL);
const [firstKept, secondKept] = KEPT as [ErasedEventParts, ErasedEventParts];
const withoutIdentity = [{ ...firstKept, identity: digestOf(firstKept.identity) }, secondKept];
const withoutBoth = [
  { ...firstKept, identity: digestOf(firstKept.identity), content: digestOf(firstKept.content) },
  { ...secondKept, content: digestOf(secondKept.content) },
];

function erased(events: ErasedEventParts[]): Buffer {
  return eraseDraft(ERASED_ORIGINAL, events);
}

/** The twins of one SignedBatch, in fields and bytes. */
export const ERASED = [
  { name: 'salts in place of the seed, nothing erased', events: KEPT },
  { name: 'the identity of event 0 erased', events: withoutIdentity },
  { name: 'both parts of event 0 and the content of event 1 erased', events: withoutBoth },
].map(({ name, events }) => {
  const value = erased(events);
  const { header, signature } = ERASED_ORIGINAL;
  return { name, signed_value: ERASED_ORIGINAL.value, header, signature, events, value, value_sha256: sha256(value) };
});

const TWIN_VALUES = ERASED.map((twin) => twin.value) as [Buffer, Buffer, Buffer];
const [kept, noIdentity, nothing] = TWIN_VALUES;

const LISTED: JudgedVector[] = [
  accepted('erased: nothing erased', kept, { events: 2 }),
  accepted('erased: a listed identity', noIdentity, { events: 2, context: 'identity_of_event_0_erased' }),
  accepted('erased: all that is listed', nothing, { events: 2, context: 'both_parts_erased' }),
  accepted('erased: less than is listed', noIdentity, { events: 2, context: 'both_parts_erased' }),
  judged('erased: an identity in no list', noIdentity, { record: null, events: ['erasure_unlisted', null] }),
  judged('erased: more than is listed', nothing, {
    record: null,
    events: ['erasure_unlisted', 'erasure_unlisted'],
    context: 'identity_of_event_0_erased',
  }),
  accepted('erased: a heartbeat', eraseDraft(draft({ events: [], header: { kind: 'heartbeat' } }), []), {
    events: 0,
    ruling: 'erased_record_without_events',
  }),
  accepted('erased: a marker', eraseDraft(draft({ events: [], header: MARKER, seed: SEEDS.root }), []), {
    events: 0,
    ruling: 'erased_record_without_events',
  }),
];

function part(name: string, identity: ErasablePart): JudgedVector {
  const value = erased([{ ...firstKept, identity }, secondKept]);
  const form = { fault: 'erased_part_form', ruling: 'erased_part_form' } as const;
  return refused(`erased: ${name}`, value, 'non_canonical', form);
}

const digest = digestOf(firstKept.identity).data;
const salt = firstKept.identity.data.subarray(0, 16);

const FORMS: JudgedVector[] = [
  part('empty with a byte', { tag: 'empty', data: Buffer.alloc(1) }),
  part('salted without a part', { tag: 'salted', data: salt }),
  part('salted with 15 bytes', { tag: 'salted', data: salt.subarray(1) }),
  part('salted with nothing', { tag: 'salted', data: Buffer.alloc(0) }),
  part('digest of 31 bytes', { tag: 'digest', data: digest.subarray(1) }),
  part('digest of 33 bytes', { tag: 'digest', data: Buffer.concat([digest, Buffer.alloc(1)]) }),
  part('digest of no bytes', { tag: 'digest', data: Buffer.alloc(0) }),
  part('digest of zeros', { tag: 'digest', data: Buffer.alloc(32) }),
];

const PLAIN = noIdentity.subarray(10);
const SPANS = varintsOf(ERASED_BATCH, PLAIN);

function change(name: string, bytes: Buffer, fault: NonNullable<JudgedVector['fault']>): JudgedVector {
  return refused(
    `erased: ${name}`,
    changeBehindPrefix(noIdentity, () => bytes),
    'non_canonical',
    { fault },
  );
}

const TAG = spanAt(ERASED_BATCH, PLAIN, 'ErasedBatch.events[0].identity.tag');

const ENVELOPES: JudgedVector[] = [
  ...SPANS.map((span) =>
    change(`padded varint, ${span.role} of ${span.path}`, padVarint(PLAIN, span), 'padded_varint'),
  ),
  ...SPANS.filter((span) => span.role === 'length').map((span) =>
    change(`length -1 of ${span.path}`, setVarint(PLAIN, span, -1n), 'negative_length'),
  ),
  change('tag 3', setVarint(PLAIN, TAG, 3n), 'enum_out_of_range'),
  change('tag -1', setVarint(PLAIN, TAG, -1n), 'enum_out_of_range'),
  change('one byte short', PLAIN.subarray(0, -1), 'truncated'),
  change('a byte behind it', Buffer.concat([PLAIN, Buffer.alloc(1)]), 'trailing_bytes'),
  refused('erased: events in two blocks', eraseDraft(ERASED_ORIGINAL, KEPT, 'split'), 'non_canonical', {
    fault: 'split_array_block',
  }),
  refused('erased: events in a block of negative count', eraseDraft(ERASED_ORIGINAL, KEPT, 'sized'), 'non_canonical', {
    fault: 'negative_block_count',
  }),
  refused(
    'erased: a SignedBatch behind the prefix of ErasedBatch',
    Buffer.concat([ERASED_BATCH_PREFIX, ERASED_ORIGINAL.value.subarray(10)]),
    'non_canonical',
  ),
];

function otherRoot(name: string, events: ErasedEventParts[]): JudgedVector {
  return refused(`erased: ${name}`, erased(events), 'bad_root');
}

const otherSalt: ErasablePart = {
  tag: 'salted',
  data: Buffer.concat([Buffer.alloc(16), firstKept.identity.data.subarray(16)]),
};
const otherDigest: ErasablePart = { tag: 'digest', data: sha256(Buffer.from('another digest')) };
const unsalted: ErasablePart = { tag: 'digest', data: sha256(firstKept.identity.data.subarray(16)) };

const ROOTS: JudgedVector[] = [
  otherRoot('another salt', [{ ...firstKept, identity: otherSalt }, secondKept]),
  otherRoot('another digest', [{ ...firstKept, identity: otherDigest }, secondKept]),
  otherRoot('a digest without salt', [{ ...firstKept, identity: unsalted }, secondKept]),
  otherRoot('a part dropped as empty', [{ ...firstKept, identity: EMPTY }, secondKept]),
  otherRoot('a digest for an empty part', [firstKept, { ...secondKept, identity: otherDigest }]),
  otherRoot('events exchanged', [secondKept, firstKept]),
  otherRoot('the parts exchanged', [
    { ...firstKept, identity: firstKept.content, content: firstKept.identity },
    secondKept,
  ]),
  refused('erased: an event dropped', erased([firstKept]), 'bad_header'),
  refused(
    'erased: another signature',
    eraseDraft({ ...ERASED_ORIGINAL, signature: Buffer.alloc(64) }, KEPT),
    'bad_signature',
  ),
];

/** What is left of an event is judged as ever. */
const BAD_EVENT = draft({ events: [rawEvent({ content: Buffer.alloc(5) })] });
const LARGEST = draft({ events: [encodeParts(contentOf(262_144))] });
const TOO_LARGE = draft({ events: [encodeParts(OVER_LIMIT_EVENTS[2]?.event ?? contentOf(262_145))] });
const TRAILING = draft({
  events: [
    rawEvent({
      content: Buffer.concat([
        encodeContent({ message: 'm', path: '', details: '', before: '', after: '' }),
        Buffer.alloc(1),
      ]),
    }),
  ],
});

const EVENTS: JudgedVector[] = [
  refusedEvent('erased: a zero row behind its salt', eraseDraft(BAD_EVENT, unsealed(BAD_EVENT)), 'non_canonical', {
    fault: 'zero_row_part',
  }),
  refusedEvent('erased: a byte behind a salted part', eraseDraft(TRAILING, unsealed(TRAILING)), 'non_canonical', {
    fault: 'trailing_bytes',
  }),
  accepted('erased: a salted content of 262,144 bytes', eraseDraft(LARGEST, unsealed(LARGEST)), {
    events: 1,
    ruling: 'salted_limit_without_salt',
  }),
  refusedEvent(
    'erased: a salted content of 262,145 bytes',
    eraseDraft(TOO_LARGE, unsealed(TOO_LARGE)),
    'limit_exceeded',
    { ruling: 'salted_limit_without_salt' },
  ),
];

export function erasedVectors(): JudgedVector[] {
  return [...LISTED, ...FORMS, ...ENVELOPES, ...ROOTS, ...EVENTS];
}
