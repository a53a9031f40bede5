import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { Problem } from '../../services/gateway/errors.js';
import { clientMessages } from '../../services/gateway/live/messages.js';
import { readMessage } from '../../services/gateway/live/protocol.js';

const ajv = new Ajv({ strict: false });
const described = new Map(
  Object.entries(clientMessages).map(([type, schema]) => [type, ajv.compile(JSON.parse(JSON.stringify(schema)))]),
);

const isRead = (message: unknown): boolean => {
  try {
    readMessage(JSON.stringify(message));
    return true;
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return false;
  }
};
const isDescribed = (message: { type: string }): boolean => described.get(message.type)?.(message) ?? false;

/** Mostly right, sometimes not. */
const member = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 70 }) },
  fc.constantFrom<unknown>('', 'all', 'latest', 'now', null, true, [], ['id'], ['id', 5], {}, { outcome: 'success' }),
  fc.integer({ min: -5, max: 200_000 }),
  fc.double(),
);
const maybe = fc.option(member, { nil: undefined });
const message = fc.record({
  type: fc.constantFrom('auth', 'refresh', 'subscribe', 'unsubscribe', 'pause', 'resume', 'ack', 'ping', 'publish'),
  id: fc.option(fc.string({ minLength: 1, maxLength: 65 }), { nil: undefined }),
  key: maybe,
  ticket: maybe,
  to: maybe,
  since: maybe,
  delivery: fc.option(fc.constantFrom('all', 'latest', 'some'), { nil: undefined }),
  window: fc.option(fc.oneof(fc.integer({ min: 0, max: 100_001 }), member), { nil: undefined }),
  fields: maybe,
  q: maybe,
  kind: fc.option(fc.constantFrom('events', 'alerts', 'others'), { nil: undefined }),
});

/** Only those members, so that messages are not all refused for the others. */
const some = fc
  .tuple(
    message,
    fc.subarray(['id', 'key', 'ticket', 'to', 'since', 'delivery', 'window', 'fields', 'q', 'kind'] as const),
  )
  .map(([{ type, ...members }, names]) => ({
    type,
    ...Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name as 'id'))),
  }))
  .map((made) => JSON.parse(JSON.stringify(made)) as { type: string });

describe('messages of a client', () => {
  test('are read exactly where they are as described', () => {
    let read = 0;
    fc.assert(
      fc.property(some, (made) => {
        assert.equal(isRead(made), isDescribed(made), JSON.stringify(made));
        if (isRead(made)) read += 1;
      }),
      { numRuns: 5_000 },
    );
    assert.ok(read > 100, `${read} were read`);
  });

  test('of any text are read or refused with a problem, never anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
        try {
          readMessage(text);
        } catch (error) {
          assert.ok(error instanceof Problem);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('cannot name a member of every object', () => {
    for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      assert.equal(isRead({ type }), false);
  });
});
