import { publicKeyOf } from '../edwards.js';
import type { EventReason } from '../faults.js';
import { encodeBody, encodeIdentity, keyId } from '../reference.js';
import type { BodyFields, EventParts, HeaderFields } from '../wire-types.js';
import { draft } from './draft.js';
import { OVER_LIMIT_EVENTS } from './limits.js';
import {
  bodyFields,
  bytesFor,
  encodeParts,
  identityFields,
  LAST_US_OF_2199,
  NOW_US,
  rawEvent,
  SEEDS,
  uuid,
} from './material.js';
import { accepted, type Expectation, type JudgedVector, judged, refusedEvent } from './types.js';

function body(
  name: string,
  fields: Partial<BodyFields>,
  reason: EventReason,
  more?: Partial<Expectation>,
): JudgedVector {
  const event = rawEvent({ body: encodeBody(bodyFields(fields)) });
  return refusedEvent(name, draft({ events: [event] }).value, reason, more);
}

function ip(name: string, hex: string): JudgedVector {
  const identity = encodeIdentity(identityFields({ ip: Buffer.from(hex, 'hex') }));
  return refusedEvent(name, draft({ events: [rawEvent({ identity })] }).value, 'invalid_ip');
}

function idWith(byte: 6 | 8, value: number): Buffer {
  const id = Buffer.from(uuid(7, 'base'));
  id[byte] = value;
  return id;
}

const IDS = [
  ...[0, 1, 2, 3, 4, 5, 6, 9, 15].map((version) =>
    body(`id of version ${version}`, { id: idWith(6, version * 16 + 3) }, 'invalid_id'),
  ),
  ...[0x00, 0x40, 0x7f, 0xc0, 0xff].map((byte) =>
    body(`id with variant byte ${byte.toString(16).padStart(2, '0')}`, { id: idWith(8, byte) }, 'invalid_id'),
  ),
  body('id of zeros', { id: Buffer.alloc(16) }, 'invalid_id'),
];

const TIMES = [
  body('one microsecond before 1970', { occurred_at: -1n }, 'invalid_time'),
  body('the first microsecond of 2200', { occurred_at: LAST_US_OF_2199 + 1n }, 'invalid_time'),
  body('the first microsecond of 2200, appended in 2199', { occurred_at: LAST_US_OF_2199 + 1n }, 'invalid_time', {
    context: 'appended_in_2199',
  }),
  body('time of 2^53 + 1', { occurred_at: 2n ** 53n + 1n }, 'invalid_time'),
  body('time of 2^63 - 1', { occurred_at: 2n ** 63n - 1n }, 'invalid_time'),
  body('time of -2^63', { occurred_at: -(2n ** 63n) }, 'invalid_time'),
  body('ten minutes and a microsecond after the append time', { occurred_at: NOW_US + 600_000_001n }, 'future_time'),
  body('a year after the append time', { occurred_at: NOW_US + 31_536_000_000_000n }, 'future_time'),
  body('the last microsecond of 2199, appended in 2025', { occurred_at: LAST_US_OF_2199 }, 'future_time'),
];

const IPS = [
  ip('ip of 1 byte', '7f'),
  ip('ip of 3 bytes', '7f0000'),
  ip('ip of 5 bytes', '7f00000101'),
  ip('ip of 15 bytes', '20010db80000000000000000000001'),
  ip('ip of 17 bytes', '20010db800000000000000000000000100'),
  ip('ip as text', Buffer.from('192.0.2.44').toString('hex')),
  ip('v4-mapped ip', '00000000000000000000ffffc000022c'),
  ip('v4-mapped ip of zeros', '00000000000000000000ffff00000000'),
];

const ACTIONS = [
  ['empty', ''],
  ['with a capital', 'Invoice.approved'],
  ['with a capital at the end', 'invoice.approveD'],
  ['with a space', 'invoice approved'],
  ['with a slash', 'invoice/approved'],
  ['beginning with a dot', '.approved'],
  ['beginning with a hyphen', '-approved'],
  ['beginning with an underscore', '_approved'],
  ['beginning with a colon', ':approved'],
  ['with a line end', 'invoice.approved\n'],
  ['with NUL', 'invoice\u0000'],
  ['with an umlaut', 'geb\u00fchr.bezahlt'],
  ['with a fullwidth letter', '\uff41.b'],
  ['with Kelvin sign', '\u212a'],
  ['of 129 bytes', 'a'.repeat(129)],
] as const;

const SCOPES = [
  body('organization scope without organization', { scope: 'organization', organization_id: '' }, 'invalid_scope'),
  body('application scope without organization', { organization_id: '' }, 'invalid_scope'),
  body('application scope without application', { application_id: '' }, 'invalid_scope'),
  body('application scope with neither', { organization_id: '', application_id: '' }, 'invalid_scope'),
];

function by(producer: 'acme' | 'ops', fields: Partial<BodyFields>): Buffer {
  const producer_id = producer === 'acme' ? 'acme-api' : 'ops';
  const header: Partial<HeaderFields> = { producer_id, key_id: keyId(publicKeyOf(SEEDS[producer])) };
  const events = [rawEvent({ body: encodeBody(bodyFields(fields)) })];
  return draft({ events, header, seed: SEEDS[producer] }).value;
}

const PERMISSIONS = [
  refusedEvent('system scope by a key without it', by('acme', { scope: 'system' }), 'scope_not_permitted'),
  refusedEvent(
    'system scope and another organization by a key without both',
    by('acme', { scope: 'system', organization_id: 'globex' }),
    'scope_not_permitted',
  ),
  refusedEvent(
    'an organization the key may not speak for',
    by('acme', { organization_id: 'globex' }),
    'organization_not_permitted',
  ),
  refusedEvent(
    'an organization that begins like a permitted one',
    by('acme', { organization_id: 'acme2' }),
    'organization_not_permitted',
  ),
  refusedEvent(
    'an organization in other letters',
    by('acme', { organization_id: 'ACME' }),
    'organization_not_permitted',
  ),
  refusedEvent('an organization named *', by('acme', { organization_id: '*' }), 'organization_not_permitted'),
  refusedEvent(
    'another organization in system scope',
    by('ops', { scope: 'system', organization_id: 'globex' }),
    'organization_not_permitted',
    {
      ruling: 'organization_checked_in_every_scope',
    },
  ),
  accepted(
    'system scope without an organization by a key of two',
    by('ops', { scope: 'system', organization_id: '' }),
    { events: 1 },
  ),
  accepted('the second organization of a key', by('ops', { organization_id: 'initech' }), { events: 1 }),
];

function bad(part: Partial<EventParts>): Buffer {
  return draft({ events: [rawEvent(part)] }).value;
}

const longBody = encodeBody(bodyFields({ id: idWith(6, 0x40), target_id: 'x'.repeat(17_000) }));
const IN_ORDER: JudgedVector[] = [
  refusedEvent(
    'wrong id and content that is not canonical',
    bad({ body: encodeBody(bodyFields({ id: idWith(6, 0x40) })), content: Buffer.alloc(5) }),
    'non_canonical',
    {
      fault: 'zero_row_part',
      ruling: 'reasons_in_listed_order',
    },
  ),
  refusedEvent(
    'over-long body and identity that is not canonical',
    bad({ body: longBody, identity: Buffer.alloc(6) }),
    'non_canonical',
    {
      fault: 'zero_row_part',
      ruling: 'reasons_in_listed_order',
    },
  ),
  refusedEvent('16,385 bytes that are no body', bad({ body: bytesFor('no body', 16_385) }), 'non_canonical', {
    ruling: 'reasons_in_listed_order',
  }),
  refusedEvent('over-long body with a wrong id', bad({ body: longBody }), 'limit_exceeded'),
  body('wrong id before wrong time', { id: idWith(6, 0x40), occurred_at: -1n }, 'invalid_id'),
  body('wrong time before wrong action', { occurred_at: -1n, action: '' }, 'invalid_time'),
  body('wrong action before wrong scope', { action: 'A', organization_id: '' }, 'invalid_action'),
  refusedEvent(
    'wrong ip before wrong action',
    bad({
      body: encodeBody(bodyFields({ action: 'A' })),
      identity: encodeIdentity(identityFields({ ip: Buffer.alloc(5) })),
    }),
    'invalid_ip',
  ),
  refusedEvent(
    'future time before wrong ip',
    bad({
      body: encodeBody(bodyFields({ occurred_at: NOW_US * 2n })),
      identity: encodeIdentity(identityFields({ ip: Buffer.alloc(5) })),
    }),
    'future_time',
  ),
];

/** One bad event quarantines itself, not its neighbours. */
const NEIGHBOURS = judged(
  'good events beside bad ones',
  draft({
    events: [
      rawEvent(),
      rawEvent({ body: Buffer.alloc(0) }),
      rawEvent(),
      rawEvent({ body: encodeBody(bodyFields({ occurred_at: -1n })) }),
      rawEvent({ content: Buffer.alloc(5) }),
      rawEvent({ identity: Buffer.alloc(0), content: Buffer.alloc(0) }),
    ],
  }).value,
  { record: null, events: [null, 'non_canonical', null, 'invalid_time', 'non_canonical', null] },
);

export function eventFaults(): JudgedVector[] {
  return [
    ...OVER_LIMIT_EVENTS.map(({ name, event }) =>
      refusedEvent(name, draft({ events: [encodeParts(event)] }).value, 'limit_exceeded'),
    ),
    ...IDS,
    ...TIMES,
    ...IPS,
    ...ACTIONS.map(([what, action]) => body(`action ${what}`, { action }, 'invalid_action')),
    ...SCOPES,
    ...PERMISSIONS,
    ...IN_ORDER,
    NEIGHBOURS,
  ];
}
