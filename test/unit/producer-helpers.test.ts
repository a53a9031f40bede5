import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, test } from 'node:test';
import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { redact, withChange } from 'sealstream';
import { createTraceId } from '../../services/producer/helpers/trace.js';

describe('redact()', () => {
  test('replaces a field by name at any depth, and leaves the original alone', () => {
    const input = { user: 'ada', password: 's3cret', nested: [{ Password: 'x', keep: 1 }] };
    const before = structuredClone(input);
    assert.deepEqual(redact(input, ['password']), {
      user: 'ada',
      password: '[redacted]',
      nested: [{ Password: '[redacted]', keep: 1 }],
    });
    assert.deepEqual(input, before);
  });

  test('replaces by path, where * is any one name', () => {
    const input = { card: { main: { number: '4111', holder: 'Ada' }, old: { number: '5500' } }, number: 7 };
    assert.deepEqual(redact(input, ['card.*.number']), {
      card: { main: { number: '[redacted]', holder: 'Ada' }, old: { number: '[redacted]' } },
      number: 7,
    });
  });

  test('finds a path inside lists, whether the pattern counts them or not', () => {
    const input = { payment: { cards: [{ number: '4111' }, { number: '5500' }] } };
    const expected = { payment: { cards: [{ number: '[redacted]' }, { number: '[redacted]' }] } };
    assert.deepEqual(redact(input, ['cards.*.number']), expected);
    assert.deepEqual(redact(input, ['cards.number']), expected);
    assert.deepEqual(redact(input, ['cards.1.number']).payment.cards[0], { number: '4111' });
  });

  test('takes name patterns with * in them, and regular expressions', () => {
    const input = { access_token: 'a', tokenType: 'b', type: 'c', apiKey: 'd' };
    assert.deepEqual(redact(input, ['*token*', /key$/gi]), {
      access_token: '[redacted]',
      tokenType: '[redacted]',
      type: 'c',
      apiKey: '[redacted]',
    });
    assert.deepEqual(redact({ 'a+b': 1, aab: 2 }, ['a+b']), { 'a+b': '[redacted]', aab: 2 });
  });

  test('replaces a whole object that is named', () => {
    assert.deepEqual(redact({ secrets: { a: 1 }, b: 2 }, ['secrets'], '***'), { secrets: '***', b: 2 });
  });

  test('cuts cycles and copies what is shared', () => {
    const shared = { password: 'x' };
    const input: Record<string, unknown> = { a: shared, b: shared };
    input.self = input;
    assert.deepEqual(redact(input, ['password']), {
      a: { password: '[redacted]' },
      b: { password: '[redacted]' },
      self: '[circular]',
    });
  });

  test('says of dates and classes what JSON says, so nothing hides in toJSON', () => {
    class Account {
      toJSON() {
        return { password: 'x', since: new Date(0) };
      }
    }
    assert.deepEqual(redact({ account: new Account(), skip: undefined, list: [undefined] }, ['password']), {
      account: { password: '[redacted]', since: '1970-01-01T00:00:00.000Z' },
      list: [null],
    });
  });

  test('is not fooled by a field named __proto__', () => {
    const input = JSON.parse('{"__proto__": {"password": "x"}, "a": 1}');
    assert.equal(JSON.stringify(redact(input, ['password'])), '{"__proto__":{"password":"[redacted]"},"a":1}');
  });
});

describe('withChange()', () => {
  test('keeps only what differs, and names its paths', () => {
    const before = { name: 'Ada', role: 'member', address: { city: 'Paris', zip: '75001' } };
    const after = { name: 'Ada', role: 'admin', address: { city: 'Lyon', zip: '75001' } };
    assert.deepEqual(withChange(before, after), {
      before: { role: 'member', address: { city: 'Paris' } },
      after: { role: 'admin', address: { city: 'Lyon' } },
      details: { changed: ['role', 'address.city'] },
    });
  });

  test('tells a field that is missing from one that is null', () => {
    assert.deepEqual(withChange({ a: null, b: 1 }, { a: 1, c: null }), {
      before: { a: null, b: 1 },
      after: { a: 1, c: null },
      details: { changed: ['a', 'b', 'c'] },
    });
  });

  test('shows a list that differs as a whole', () => {
    assert.deepEqual(withChange({ tags: ['a', { b: 1 }], same: [1, [2]] }, { tags: ['a', { b: 2 }], same: [1, [2]] }), {
      before: { tags: ['a', { b: 1 }] },
      after: { tags: ['a', { b: 2 }] },
      details: { changed: ['tags'] },
    });
    assert.deepEqual(withChange({ a: [1] }, { a: { 0: 1 } }).details.changed, ['a']);
  });

  test('shows what was created or deleted whole', () => {
    assert.deepEqual(withChange(null, { a: 1, b: { c: 2 } }), {
      before: null,
      after: { a: 1, b: { c: 2 } },
      details: { changed: ['a', 'b'] },
    });
    assert.deepEqual(withChange({ a: 1 }, undefined), {
      before: { a: 1 },
      after: null,
      details: { changed: ['a'] },
    });
  });

  test('finds nothing where nothing changed, in whatever order the fields stand', () => {
    const nothing = { before: {}, after: {}, details: { changed: [] } };
    assert.deepEqual(withChange({ a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }), nothing);
    assert.deepEqual(withChange({ at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }), nothing);
    assert.deepEqual(withChange(null, null), { before: null, after: null, details: { changed: [] } });
  });

  test('takes names with dots, and cycles', () => {
    const before: Record<string, unknown> = { 'a.b': 1, deep: { 'x.y': 1 } };
    before.self = before;
    const after: Record<string, unknown> = { 'a.b': 2, deep: { 'x.y': 2 } };
    after.self = after;
    assert.deepEqual(withChange(before, after).details.changed, ['["a.b"]', 'deep["x.y"]']);
  });
});

describe('trace context', () => {
  test('is the active span of OpenTelemetry, and nothing outside of one', () => {
    const storage = new AsyncLocalStorage<Context>();
    context.setGlobalContextManager({
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (active, run, self, ...args) => storage.run(active, () => run.apply(self as never, args)),
      bind: (_, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    const traceId = createTraceId();
    const traced = '0af7651916cd43dd8448eb211c80319c';
    const span = trace.wrapSpanContext({ traceId: traced, spanId: 'b7ad6b7169203331', traceFlags: 1 });
    assert.equal(traceId(), undefined);
    assert.equal(context.with(trace.setSpan(context.active(), span), traceId), traced);
    const invalid = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });
    assert.equal(context.with(trace.setSpan(context.active(), invalid), traceId), undefined);
    context.disable();
  });

  test('is left out where OpenTelemetry is not installed', () => {
    const traceId = createTraceId(() => {
      throw new Error('Cannot find module');
    });
    assert.equal(traceId(), undefined);
  });
});
