import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyBundle } from '../../services/core/verify/node.js';
import { createErasingWorld, type ErasingWorld } from '../support/erasing.js';

describe('the bundle of an event of a person who was erased', () => {
  let world: ErasingWorld;
  before(async () => {
    world = await createErasingWorld({ partitions: 1 });
  });
  after(() => world.close());

  const proofOf = async (id: string) => {
    for (;;) {
      const { status, headers, body } = await world.gateway.call('GET', `/api/audit/${id}/proof`);
      // `batches` is written behind `events`: until then nothing can be shown of the event, and the gateway says when to ask again.
      if (status !== 503) {
        assert.equal(status, 200, JSON.stringify(body));
        return { text: JSON.stringify(body), body };
      }
      await sleep(Number(headers.get('retry-after')) * 1_000);
    }
  };

  test('holds the event that names the erasure, and is as signed; without that event it is not', async () => {
    const [ada, bob] = await world.publish(
      ['ada', 'bob'].map((person) => ({
        organization_id: 'acme',
        action: 'member.invited',
        actor: { type: 'user', id: `usr_${person}`, name: `Name of ${person}`, email: `${person}@example.org` },
        message: `${person} invited somebody`,
      })),
    );
    const before = await verifyBundle((await proofOf(ada!)).text);
    assert.equal(before.checks.signature.verified, true, before.message);
    assert.equal(before.events[0]!.actor.email, 'ada@example.org');

    await world.until(await world.erase({ subject: { email: 'ada@example.org' } }));
    const { text, body } = await proofOf(ada!);
    assert.ok(!text.includes(Buffer.from('ada@example.org').toString('base64').slice(2, -4)));
    const verdict = await verifyBundle(text);
    const { signature, completeness, inclusion } = verdict.checks;
    assert.deepEqual([signature.verified, signature.erasedParts], [true, 1], verdict.message);
    assert.equal(completeness.verified, true, completeness.message);
    assert.equal(inclusion.failed, 'no_checkpoint');
    const erased = verdict.events.find(({ id }) => id === ada)!;
    assert.deepEqual([erased.identity, erased.actor.id, erased.actor.email], ['erased', 'usr_ada', '']);
    assert.ok(verdict.events.some(({ action }) => action === 'erasure.listed'));

    for (const { runs } of body.logs) {
      for (const { records } of runs) {
        for (const record of records) if (record.offset !== erased.offset) record.events = [];
      }
    }
    assert.equal((await verifyBundle(JSON.stringify(body))).failed, 'unlisted_erasure');
    const other = await verifyBundle((await proofOf(bob!)).text);
    assert.deepEqual([other.checks.signature.verified, other.checks.signature.erasedParts], [true, 0]);
  });
});
