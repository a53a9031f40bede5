import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { originOf } from '../../services/core/log-folder/index.js';
import { steps } from '../../services/sealer/sealing.js';
import { steps as witnessSteps } from '../../services/witness/witness.js';
import type { SealingWorld } from '../support/sealing.js';
import { type Child, startSealerChild, startWitnessChild } from '../support/sealing-child.js';
import {
  assertNoFork,
  assertOneTree,
  cosigned,
  createLoadedWorld,
  type LoadedWorld,
  newSite,
  startChild,
} from '../support/sealing-sites.js';
import { startTestWitness } from '../support/witnessing.js';

/** How often a process is killed under load: few here, a hundred in `npm run test:sealer`. */
const kills = Number(process.env.SEALSTREAM_SEALER_KILLS ?? 2);

describe('a sealer or witness that is killed', { concurrency: 4 }, () => {
  let world: SealingWorld;
  let publish: LoadedWorld['publish'];
  before(async () => {
    ({ world, publish } = await createLoadedWorld());
  });
  after(() => world?.remove());

  // Each finds what the one before has left, and dies at its own step.
  const chains = [steps.slice(0, 3), steps.slice(3, 5), steps.slice(5)];
  for (const chain of chains) {
    test(`at the steps ${chain.join(', ')} has one tree, and the next finishes it`, async (t) => {
      const site = await newSite(t, world);
      const witness = await startTestWitness(site.witness);
      t.after(() => witness.stop());
      const origin = originOf(world.config.audience, world.eventShard(0));
      for (const step of chain) {
        const killed = startSealerChild(site.config, { step, origin, time: 1, signal: 'SIGKILL' });
        assert.equal(await startChild(t, killed).ended, 'SIGKILL');
        await publish(0, 3);
      }
      const next = startChild(t, startSealerChild(site.config));
      await world.sealed({ of: site.config });
      await cosigned(world, site);
      await next.stop();
      assertNoFork(site);
      await assertOneTree(world, [site.config]);
    });
  }

  for (const step of kills < 100 ? witnessSteps.slice(1) : witnessSteps) {
    test(`as a witness at the step ${step} cosigns one tree when it is back`, async (t) => {
      const site = await newSite(t, world);
      const killed = startChild(t, startWitnessChild(site.witness, { step, time: 2, signal: 'SIGKILL' }));
      await killed.ready;
      const sealer = startChild(t, startSealerChild(site.config));
      assert.equal(await killed.ended, 'SIGKILL');
      const again = startChild(t, startWitnessChild(site.witness));
      await again.ready;
      await world.sealed({ of: site.config });
      await cosigned(world, site);
      await sealer.stop();
      assertNoFork(site);
    });
  }

  const sleeps = ['after_commit', 'after_tiles', 'after_sign', 'after_kept'] as const;
  for (const step of kills < 100 ? sleeps.slice(0, 1) : sleeps) {
    test(`not killed but asleep at the step ${step} while another takes over, signs no second tree when it wakes`, async (t) => {
      const site = await newSite(t, world);
      const witness = await startTestWitness(site.witness);
      t.after(() => witness.stop());
      const origin = originOf(world.config.audience, world.eventShard(0));
      const sleeper = startSealerChild(site.config, { step, origin, time: 1, signal: 'SIGSTOP' });
      await startChild(t, sleeper).stopped();
      // The other has a folder of its own, and the same group and key.
      const other = { ...site.config, folder: `${site.config.folder}.other` };
      const owner = startChild(t, startSealerChild(other));
      await world.sealed({ of: other });
      sleeper.signal('SIGCONT');
      await sleep(500);
      await Promise.all([sleeper.stop(), owner.stop()]);
      assertNoFork(site);
      await assertOneTree(world, [site.config, other]);
    });
  }
  test(`${kills} times under load, and its witness as often, has the tree of an undisturbed log`, async (t) => {
    const { world, publish } = await createLoadedWorld();
    t.after(() => world.remove());
    const site = await newSite(t, world);
    const loading = new AbortController();
    const load = (async () => {
      while (!loading.signal.aborted) {
        await publish(Math.random() < 0.7 ? 0 : 1, 1 + Math.floor(Math.random() * 60));
        await sleep(20 + Math.random() * 60);
      }
    })();
    const killAgainAndAgain = async (start: () => Child, mostMs: number): Promise<Child> => {
      for (let kill = 0; kill < kills; kill += 1) {
        const child = startChild(t, start());
        await child.ready;
        await sleep(Math.random() * mostMs);
        child.signal('SIGKILL');
        await child.ended;
      }
      return startChild(t, start());
    };
    const [sealer, witness] = await Promise.all([
      killAgainAndAgain(() => startSealerChild(site.config), 800),
      killAgainAndAgain(() => startWitnessChild(site.witness), 1_200),
    ]);
    await witness.ready;
    loading.abort();
    await load;
    await world.sealed({ of: site.config, timeoutMs: 40_000 });
    await cosigned(world, site);
    await sealer.stop();
    assertNoFork(site);
    await assertOneTree(world, [site.config]);
  });
});
