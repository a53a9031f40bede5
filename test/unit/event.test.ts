import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  addressBytes,
  addressText,
  type EventInput,
  formatTimestampUs,
  InvalidEvent,
  parseTimestampUs,
  toWire,
  viewOf,
} from '../../services/core/event/index.js';
import {
  decodeEvent,
  encodeEvent,
  formatUuid,
  parseUuid,
  uuidFromKey,
  uuidV7,
} from '../../services/core/wire/index.js';

const defaults = { id: uuidV7(Date.UTC(2026, 0, 2)), nowUs: Date.UTC(2026, 0, 2) * 1_000 };

describe('an event', () => {
  test('comes back as it was said, over the wire', () => {
    const said: EventInput = {
      occurred_at: '2026-01-02T03:04:05.678901Z',
      scope: 'application',
      organization_id: 'acme',
      application_id: 'shop',
      actor: { type: 'service', id: 'svc_1', name: 'Zoë', email: 'zoe@example.com' },
      action: 'member.role_changed',
      kind: 'stateful',
      target: { type: 'member', id: 'mem_2', name: 'Bo' },
      related: [{ type: 'ticket', id: 'T-1' }],
      outcome: 'denied',
      reason: 'quota_exceeded',
      ip: '2001:db8::1',
      details: { roles: ['admin'], n: 1.5, text: '“x”' },
      before: { role: 'viewer' },
      after: { role: 'admin' },
      message: 'Zoë made Bo an admin',
    };
    const wire = toWire(said, defaults);
    const back = viewOf(decodeEvent(encodeEvent(wire)));
    assert.deepEqual(back, { ...said, id: formatUuid(defaults.id), category: 'member' });
  });

  test('shows documents that are empty, and leaves out those that are not there', () => {
    const said: EventInput = { action: 'a.b', organization_id: 'acme', details: [], before: '', after: {} };
    const back = viewOf(decodeEvent(encodeEvent(toWire(said, defaults))));
    assert.deepEqual([back.details, back.before, back.after], [[], '', {}]);
    const bare = viewOf(toWire({ action: 'a.b', organization_id: 'acme' }, defaults));
    assert.ok(!('details' in bare) && !('before' in bare) && !('after' in bare));
  });

  test('with nothing erasable carries two parts of zero bytes', () => {
    const parts = encodeEvent(toWire({ action: 'server.started', scope: 'system' }, defaults));
    assert.deepEqual([parts.identity.length, parts.content.length], [0, 0]);
  });

  const refused: [EventInput, string][] = [
    [{ action: 'a.b' }, '/organization_id'],
    [{ action: 'a.b', scope: 'application', organization_id: 'acme' }, '/application_id'],
    [{ action: 'a.b', organization_id: 'acme', ip: '10.0.0.300' }, '/ip'],
    [{ action: 'a.b', organization_id: 'acme', occurred_at: '2026-02-30T00:00:00Z' }, '/occurred_at'],
    [{ action: 'a.b', organization_id: 'acme', occurred_at: '1969-12-31T23:59:59Z' }, '/occurred_at'],
    [{ action: 'a.b', organization_id: 'acme', message: 'half \ud800' }, '/message'],
    [{ action: 'a.b', organization_id: 'acme', id: '00000000-0000-4000-8000-000000000000' }, '/id'],
  ];
  for (const [input, pointer] of refused) {
    test(`is refused with its field named: ${pointer}`, () => {
      assert.throws(
        () => toWire(input, defaults),
        (error) => error instanceof InvalidEvent && error.pointer === pointer,
      );
    });
  }
});

describe('addresses', () => {
  const pairs: [string, string][] = [
    ['10.1.2.3', '10.1.2.3'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
  ];
  for (const [given, text] of pairs)
    test(`${given} is ${text}`, () => assert.equal(addressText(addressBytes(given)!), text));
  test('any 4 or 16 bytes come back', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
        (raw) => {
          const bytes = Buffer.from(raw);
          const back = addressBytes(addressText(bytes))!;
          assert.ok(back.equals(bytes) || (bytes.length === 16 && bytes.subarray(12).equals(back)));
        },
      ),
    );
  });
});

describe('times and ids', () => {
  test('microseconds survive, finer digits are cut, offsets are applied', () => {
    assert.equal(
      formatTimestampUs(parseTimestampUs('2026-01-02T03:04:05.123456789+02:00')!),
      '2026-01-02T01:04:05.123456Z',
    );
    assert.equal(formatTimestampUs(parseTimestampUs('2026-01-02t03:04:05z')!), '2026-01-02T03:04:05.000000Z');
    for (const bad of ['2026-01-02', '2026-13-01T00:00:00Z', '2026-01-02T03:04:05', '1767323045']) {
      assert.equal(parseTimestampUs(bad), undefined, bad);
    }
  });
  test('an Idempotency-Key gives the same ids again, and others to another tenant', () => {
    const secret = Buffer.alloc(32, 7);
    const id = formatUuid(uuidFromKey(secret, 'acme', 'k', 0));
    assert.equal(id, formatUuid(uuidFromKey(secret, 'acme', 'k', 0)));
    assert.notEqual(id, formatUuid(uuidFromKey(secret, 'acm', 'ek', 0)));
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual(parseUuid(id), uuidFromKey(secret, 'acme', 'k', 0));
  });
});
