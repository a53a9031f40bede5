import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Answer,
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';

const path = '/api/audit/events';
const event = (more: object = {}) => ({ action: 'auth.login', actor: { id: 'u1' }, ...more });

describe('POST /api/audit/events', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  /** Speaks for acme alone, and for acme and globex. */
  let acme: string;
  let both: string;

  const post = (body: unknown, key = acme, headers: Record<string, string> = {}): Promise<Answer> =>
    gateway.call('POST', path, { key, body, headers });
  const published = async (id: string) =>
    acceptedOf(await judgeTopic(world)).find((accepted) => accepted.id === id) as AnyFields | undefined;
  /** Refused with this problem, naming these places. */
  const refused = ({ status, body, headers }: Answer, wanted: number, kind: string, pointers?: string[]): void => {
    assert.equal(status, wanted, JSON.stringify(body));
    assert.equal(body.type, `urn:sealstream:problem:${kind}`);
    assert.equal(headers.get('content-type'), 'application/problem+json');
    assert.equal(body.status, wanted);
    assert.equal(body.request_id, headers.get('x-request-id'));
    if (pointers) assert.deepEqual(body.errors?.map((error: AnyFields) => error.pointer) ?? [], pointers, body.detail);
  };

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
    acme = await gateway.makeKey(['acme'], ['write:events']);
    both = await gateway.makeKey(['acme', 'globex'], ['write:events']);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('an event is in Kafka, signed and acceptable, before its id is answered', async () => {
    const { status, body } = await post(event({ target: { type: 'host', id: 'h1' }, ip: '192.0.2.7' }));
    assert.equal(status, 202);
    const accepted = await published(body.ids[0]);
    assert.equal(accepted?.organization_id, 'acme', 'a key of one organization may leave it out');
    assert.equal(accepted?.ip, '192.0.2.7');
    assert.deepEqual(accepted?.target, { type: 'host', id: 'h1' });
  });

  test('an array is answered with ids in its order, whichever organizations its events are of', async () => {
    const organizations = ['acme', 'globex', 'globex', 'acme', 'globex'];
    const body = organizations.map((organization_id, at) => event({ organization_id, reason: `r${at}` }));
    const answer = await post(body, both);
    assert.equal(answer.status, 202);
    const accepted = new Map(acceptedOf(await judgeTopic(world)).map((one) => [one.id, one]));
    answer.body.ids.forEach((id: string, at: number) => {
      assert.equal(accepted.get(id)?.organization_id, organizations[at]);
      assert.equal(accepted.get(id)?.reason, `r${at}`);
    });
  });

  test('an organization keeps its order over requests', async () => {
    for (let n = 0; n < 20; n += 1) await post([event({ reason: `a${n}` }), event({ reason: `b${n}` })]);
    const reasons = acceptedOf(await judgeTopic(world))
      .map(({ reason }) => reason ?? '')
      .filter((reason) => /^[ab]\d+$/.test(reason));
    assert.deepEqual(reasons, Array.from({ length: 20 }, (_, n) => [`a${n}`, `b${n}`]).flat());
  });

  test('JSON in details is kept to the byte, numbers beyond doubles and white space included', async () => {
    const details =
      '{ "n": 12345678901234567890, "f": 1.0, "e": 1e400, "__proto__": {"x": 1}, "d": 1, "d": 2, "u": "\\u0041" }';
    const { body } = await post(`[{"action":"a.b","det\\u0061ils":${details},"before":null,"after":[1 ,2]}]`);
    const record = (await judgeTopic(world)).find(
      ({ opened, accepted }) => accepted.length > 0 && opened!.frame.value.includes('1e400'),
    );
    assert.ok(record?.opened?.frame.value.includes(details), 'the bytes on the wire are those that were sent');
    const accepted = await published(body.ids[0]);
    assert.equal(accepted?.kind, 'stateful');
    assert.ok(!('before' in accepted!), 'null says nothing');
  });

  test('a field that is wrong is named by its JSON pointer', async () => {
    const cases: [object, string[]][] = [
      [{ action: 'Auth Login' }, ['/action']],
      [{}, ['/action']],
      [event({ actor: { id: 7 } }), ['/actor/id']],
      [event({ actor: { id: 'x'.repeat(513) } }), ['/actor/id']],
      [event({ actor: { nick: 'x' } }), ['/actor/nick']],
      [event({ related: [{ type: 'a', id: 'b' }, { type: 'a' }] }), ['/related/1/id']],
      [event({ occurred_at: 'yesterday' }), ['/occurred_at']],
      [event({ occurred_at: '2024-02-30T00:00:00Z' }), ['/occurred_at']],
      [event({ occurred_at: '1969-12-31T23:59:59Z' }), ['/occurred_at']],
      [event({ occurred_at: new Date(Date.now() + 11 * 60_000).toISOString() }), ['/occurred_at']],
      [event({ ip: '300.1.1.1' }), ['/ip']],
      [event({ id: '00000000-0000-4000-8000-000000000000' }), ['/id']],
      [event({ scope: 'galaxy' }), ['/scope']],
      [event({ scope: 'application' }), ['/application_id']],
      [event({ details: { text: 'x'.repeat(262_144) } }), ['/details']],
      [event({ before: 'y'.repeat(200_000), after: 'z'.repeat(100_000) }), ['/before']],
      [event({ outcome: 'fine', reason: 3 }), ['/outcome', '/reason']],
      [event({ toString: 1 }), ['/toString']],
      [event({ 'a/b~c': 1 }), ['/a~1b~0c']],
      [event({ reason: 'half a pair: \ud83d' }), ['/reason']],
      [event({ actor: { name: '\udc00' } }), ['/actor/name']],
    ];
    for (const [body, pointers] of cases) {
      refused(await post(body), 422, 'invalid-event', pointers);
      const inArray = await post([event(), event(), event(), body]);
      refused(
        inArray,
        422,
        'invalid-event',
        pointers.map((pointer) => `/3${pointer}`),
      );
    }
    const one = await post([event(), event({ ip: 'x' })]);
    assert.equal(one.body.pointer, '/1/ip', 'the only fault is named at the top too');
  });

  test('text of any script is kept, NUL and bidirectional marks included', async () => {
    const message = 'Zoë 組織 😀 \u0000 \u202e \ufeff "\\\n';
    const { status, body } = await post(event({ message, actor: { id: '\u0000', name: 'a\u0301' } }));
    assert.equal(status, 202);
    const accepted = await published(body.ids[0]);
    assert.deepEqual([accepted?.message, accepted?.actor.id, accepted?.actor.name], [message, '\u0000', 'a\u0301']);
  });

  test('nothing of a request is taken when one event is wrong', async () => {
    await post([event({ reason: 'half' }), event({ ip: 'x' })]);
    assert.ok(!acceptedOf(await judgeTopic(world)).some(({ reason }) => reason === 'half'));
  });

  test('a body of another shape is refused, and never by a 500', async () => {
    for (const body of ['null', '7', '"x"', 'true', '[null]', '[[]]', '[1]']) {
      refused(await post(body), 422, 'invalid-event');
    }
    refused(await post('[]'), 422, 'invalid-event');
    refused(await post('{"action":"a","__proto__":{"x":1}}'), 422, 'invalid-event', ['/__proto__']);
    refused(await post('{"action":"a","actor":{"__proto__":{"id":"x"}}}'), 422, 'invalid-event', ['/actor/__proto__']);
    refused(await post('{"constructor":{"prototype":{}},"action":"a"}'), 422, 'invalid-event', ['/constructor']);
    for (const body of ['', '{', '{"action":"a"}}', "{'action':'a'}", '\ufeff{"action":"a"}', '{"action":NaN}']) {
      refused(await post(body), 400, 'malformed-json');
    }
    refused(await post(Buffer.from([0x22, 0xff, 0x22])), 400, 'malformed-json');
  });

  test('deep JSON is refused at the door, and the deepest that passes is kept', async () => {
    const nested = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    refused(await post(`{"action":"a","details":${nested(65)}}`), 422, 'invalid-event', ['/details']);
    refused(await post(`{"action":"a","actor":${nested(100)}}`), 422, 'invalid-event', ['/actor']);
    for (const body of [`{"action":"a","details":${nested(400_000)}}`, nested(400_000), `"\\"`.repeat(100_000)]) {
      const startMs = performance.now();
      refused(await post(body), 400, 'malformed-json');
      assert.ok(performance.now() - startMs < 500, 'the parser never sees it');
    }
    refused(await post(`{"a":`.repeat(100_000)), 400, 'malformed-json');
    assert.equal((await post(`{"action":"a","details":${nested(64)}}`)).status, 202);
  });

  test('too many events and too large a body are refused by their size', async () => {
    refused(await post(Array.from({ length: 1_001 }, () => event())), 413, 'body-too-large');
    refused(await post(event({ details: 'x'.repeat(1_100_000) })), 413, 'body-too-large');
    const thousand = await post(Array.from({ length: 1_000 }, () => event()));
    assert.equal(thousand.status, 202);
    assert.equal(new Set(thousand.body.ids).size, 1_000);
  });

  test('only JSON is read', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/octet-stream',
      'multipart/form-data',
      'x',
      'application/json5',
    ]) {
      refused(await post('{"action":"a"}', acme, { 'content-type': type }), 415, 'unsupported-media-type');
    }
    refused(await post('{"action":"a"}', acme, { 'content-encoding': 'gzip' }), 415, 'unsupported-media-type');
    assert.equal(
      (await post('{"action":"a"}', acme, { 'content-type': 'application/json; charset=utf-8' })).status,
      202,
    );
  });

  describe('tenants are walls', () => {
    test('an event of another organization is refused, at its place', async () => {
      refused(await post(event({ organization_id: 'globex' })), 403, 'forbidden', ['/organization_id']);
      refused(await post([event(), event({ organization_id: 'globex' })]), 403, 'forbidden', ['/1/organization_id']);
      refused(await post(event({ organization_id: 'ACME' })), 403, 'forbidden');
      refused(await post(event({ organization_id: 'acme\u0000' })), 403, 'forbidden');
      refused(await post(event({ organization_id: '*' })), 403, 'forbidden');
    });
    test('X-Organization-Id only chooses among what the key permits', async () => {
      refused(await post(event(), acme, { 'x-organization-id': 'globex' }), 403, 'forbidden');
      refused(await post(event(), acme, { 'x-organization-id': '*' }), 403, 'forbidden');
      refused(await post(event(), both), 422, 'invalid-event', ['/organization_id']);
      const { status, body } = await post(event(), both, { 'x-organization-id': 'globex' });
      assert.equal(status, 202);
      assert.equal((await published(body.ids[0]))?.organization_id, 'globex');
      const other = await post(event({ organization_id: 'acme' }), both, { 'x-organization-id': 'globex' });
      refused(other, 403, 'forbidden', ['/organization_id']);
    });
    test('the system scope needs the permission admin', async () => {
      const { body } = await post(event({ scope: 'system' }));
      assert.equal(body.required_permission, 'admin');
      refused(await post(event({ scope: 'system' })), 403, 'forbidden', ['/scope']);
      const tenantAdmin = await gateway.makeKey(['acme'], ['admin']);
      refused(await post(event({ scope: 'system' }), tenantAdmin), 403, 'forbidden', ['/scope']);
      assert.equal((await post(event({ scope: 'system' }), world.adminKey)).status, 202);
    });
    test('a key without write:events is told which permission it lacks', async () => {
      const reader = await gateway.makeKey(['acme'], ['view:audit_logs']);
      const answer = await post(event(), reader);
      refused(answer, 403, 'forbidden');
      assert.equal(answer.body.required_permission, 'write:events');
    });
    test('an organization id of any script is compared as it is', async () => {
      const id = 'Ünïcode-組織 é';
      const key = await gateway.makeKey([id], ['write:events']);
      const header = Buffer.from(id).toString('latin1');
      const { status, body } = await post(event(), key, { 'x-organization-id': header });
      assert.equal(status, 202, JSON.stringify(body));
      assert.equal((await published(body.ids[0]))?.organization_id, id);
      refused(await post(event({ organization_id: id.normalize('NFD') }), key), 403, 'forbidden');
      refused(await post(event(), key, { 'x-organization-id': '\xff' }), 400, 'invalid-request');
    });
  });
});
