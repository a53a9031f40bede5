import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AuditClient } from 'sealstream';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';

describe('queryAuditTrail', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  let audit: AuditClient;
  const sent: string[] = [];

  before(async () => {
    live = await createLiveWorld();
    await live.startConsumer();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme']);
    audit = new AuditClient({ url: gateway.url, apiKey: 'acme' });
    sent.push(...(await live.publish(30, 10)));
    await live.world.delivered();
  });
  after(async () => {
    await audit.close();
    await gateway.stop();
    await live.remove();
  });

  test('iterates every event once, page by page, while others come in', async () => {
    const messages: unknown[] = [];
    const from = new Date(Date.now() - 3_600_000);
    for await (const { message } of audit.queryAuditTrail({ from, to: new Date(), limit: 17 })) {
      messages.push(message);
      if (messages.length === 40) {
        sent.push(...(await live.publish(3, 5)));
        await live.world.delivered();
      }
    }
    assert.equal(new Set(messages).size, messages.length);
    assert.deepEqual([...messages].sort(), sent.slice(0, 300).sort());
  });

  test('gives a page by filters, with the cursor of the next', async () => {
    const page = await audit.queryAuditTrail({ q: 'message:"#1"', limit: 2, order: 'oldest' });
    assert.equal(page.events.length, 2);
    assert.equal(page.persistentLogging, true);
    assert.equal(page.events[0]!.organization_id, 'acme');
    const next = await audit.queryAuditTrail({
      q: 'message:"#1"',
      limit: 2,
      order: 'oldest',
      cursor: page.nextCursor!,
    });
    assert.ok(next.events.length > 0);
    assert.ok(!page.events.some(({ id }) => next.events.some((other) => other.id === id)));
    assert.equal((await audit.queryAuditTrail({ actor: 'nobody' })).nextCursor, null);
    await assert.rejects(audit.queryAuditTrail({ limit: 1_001 }), { kind: 'invalid-request' });
    await assert.rejects(audit.queryAuditTrail({ scope: 'system' }), { kind: 'forbidden' });
  });

  test('collects in ingest order up to now, and the stream goes on from there', async () => {
    const messages: unknown[] = [];
    let since = 'beginning';
    for await (const { events, nextCursor } of audit.queryAuditTrail({ order: 'ingest', limit: 100 }).pages()) {
      messages.push(...events.map(({ message }) => message));
      since = nextCursor!;
    }
    const stream = audit.streamAuditEvents({ since });
    const coming = live.publish(6, 4).then((said) => sent.push(...said));
    for await (const { message } of stream) {
      messages.push(message);
      await coming;
      if (messages.length === sent.length) break;
    }
    assert.equal(deliveryFault(messages, sent), undefined);
  });
});
