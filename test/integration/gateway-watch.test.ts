import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { openStream } from '../support/stream-client.js';

describe('who looks at the log', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let events: AnyFields[];
  let viewer: string;

  before(async () => {
    world = await createGatewayWorld({ partitions: 1, accessLog: 'organization' });
    gateway = await startTestGateway(world);
    viewer = await gateway.makeKey(['acme'], ['view:audit_logs']);
    const get = (path: string, key = viewer) => gateway.call('GET', path, { key });
    const id = '01900000-0000-7000-8000-000000000001';
    for (let page = 0; page < 3; page += 1) await get('/api/audit?q=attack&outcome=failure&limit=5');
    await get('/api/audit?q=other');
    await get(`/api/audit/${id}`);
    await get('/api/audit/system');
    await get('/api/audit/system', world.adminKey);
    await get('/api/audit?organization_id=globex');
    await get('/api/audit?limit=nonsense');
    await get('/api/keys', world.adminKey);
    const writer = await gateway.makeKey(['acme'], ['write:events']);
    const stream = `${gateway.url.replace('http', 'ws')}/api/audit/stream`;
    await assert.rejects(openStream(stream, { key: writer }), /^Error: 403 /);
    const client = await openStream(stream);
    client.send({ type: 'auth', key: writer });
    await client.closed;
    // What is still being counted is written when the gateway stops.
    await gateway.stop();
    events = acceptedOf(await judgeTopic(world)).filter(({ action }) => String(action).startsWith('audit.'));
  });
  after(() => world?.remove());

  const of = (filter: (event: AnyFields) => boolean): AnyFields[] => events.filter(filter);

  test('is written where it was looked at: who, with which filters, how often', () => {
    const searches = of(({ details }) => details.filter?.q === 'attack');
    assert.deepEqual(
      searches.map(({ organization_id, outcome, details }) => [organization_id, outcome, details.count]),
      [
        ['acme', 'success', 1],
        ['acme', 'success', 2],
      ],
    );
    const [first] = searches;
    assert.equal(first!.action, 'audit.searched');
    assert.deepEqual(first!.details.filter, { q: 'attack', outcome: 'failure' });
    assert.equal(first!.actor.type, 'api_token');
    assert.ok(first!.actor.id && first!.ip && first!.request_id);
  });

  test('is written of the system scope there, and of those who were refused', () => {
    const refused = of(({ outcome }) => outcome === 'denied');
    assert.deepEqual(refused.map(({ scope, details }) => [scope, details.route]).sort(), [
      // A stranger is not written into the log of the organization that it asked for.
      ['system', '/api/audit'],
      // An upgrade that was refused, and a key that came in the first message.
      ['system', '/api/audit/stream'],
      ['system', '/api/audit/stream'],
      ['system', '/api/audit/system'],
    ]);
    const system = of(({ scope, outcome }) => scope === 'system' && outcome === 'success');
    assert.deepEqual(
      system.map(({ details }) => details.route),
      ['/api/audit/system'],
    );
  });

  test('is no event of what failed, found nothing, or is no look at the log', () => {
    assert.equal(of(({ action }) => action === 'audit.read').length, 0);
    assert.equal(of(({ details }) => details.route === '/api/keys').length, 0);
    assert.equal(events.length, 8);
  });
});
