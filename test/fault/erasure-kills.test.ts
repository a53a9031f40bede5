import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type WorkStep, workSteps } from '../../services/gateway/erasure/work.js';
import { createErasingWorld, type ErasingWorld } from '../support/erasing.js';
import { startErasingChild } from '../support/erasing-child.js';
import type { AnyFields } from '../support/gateway.js';
import { eventParts, testProducer } from '../support/judging.js';

/** All of them: `npm run test:erasures`. One alone would cost every run of the suite a stack of gateways. */
const steps: readonly WorkStep[] = process.env.SEALSTREAM_ERASURE_FAULTS === '1' ? workSteps : [];

describe('an erasure whose worker is killed', { skip: steps.length === 0 }, () => {
  let world: ErasingWorld;
  before(async () => {
    // The gateway here answers and does no work: the lock is held by whom the test starts.
    world = await createErasingWorld({ partitions: 1, works: false });
  });
  after(() => world.close());

  for (const step of steps) {
    test(`behind ${step} is finished by the next, and every proof stays valid`, async () => {
      const person = `kill-${step}`;
      const about = (id: string): AnyFields => ({
        organization_id: 'acme',
        action: 'member.invited',
        actor: { type: 'user', id, name: `Name of ${id}`, email: `${id}@example.org` },
        message: `${id} invited somebody`,
      });
      const ids = await world.publish([about(person), about('somebody'), about(person)]);
      const producer = testProducer({ producerId: 'till' });
      const { value } = producer.record('data', [eventParts(about(person)), eventParts(about('other'))], {
        audience: world.config.deployment.audience,
      });
      const { offset } = await world.send(value);
      const killed = startErasingChild(world, step);
      const id = await world.erase({ subject: { email: `${person}@example.org` }, parts: 'both' });
      await world.hurrying(killed.ended);
      assert.equal(await killed.ended, 'SIGKILL');
      const next = startErasingChild(world);
      const done = await world.until(id);
      await next.stop();
      assert.equal(done.error, null);
      assert.equal(done.progress.events, 3);
      assert.equal(done.progress.parts, 6);
      for (const at of [0, 2]) {
        const { body } = await world.gateway.call('GET', `/api/audit/${ids[at]}`);
        assert.deepEqual(body.erased, ['identity', 'content']);
      }
      for (const one of ids) {
        const verdict = await world.verdict(one);
        assert.equal(verdict.verified, true, verdict.message);
      }
      const held = await world.rows<AnyFields>(
        `SELECT position(value, '${person}@') AS found, position(value, 'other@') AS other FROM quarantine WHERE offset = ${offset}`,
      );
      assert.equal(held.length, 1, 'the row is there once');
      assert.equal(held[0]!.found, 0);
      assert.ok(held[0]!.other > 0);
      const [twice] = await world.rows<AnyFields>(
        `SELECT count() AS events, uniqExact(header_hash, idx, part) AS parts FROM erased_parts WHERE erasure_id = '${id}'`,
      );
      assert.equal(twice!.parts, 6);
      const [seeds] = await world.rows<AnyFields>(
        `SELECT countIf(salt_seed != '') AS seeds FROM batches WHERE header_hash IN (SELECT unhex(hex(header_hash)) FROM erased_parts WHERE erasure_id = '${id}')`,
      );
      assert.equal(seeds!.seeds, 0);
      assert.deepEqual(await world.rows(`SELECT id FROM erasures WHERE subject != '' AND id = '${id}'`), []);
    });
  }
});
