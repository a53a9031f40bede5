import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { originOf } from '../../services/core/log-folder/index.js';
import { checkpointOf } from '../support/sealing.js';
import { type Child, startSealerChild } from '../support/sealing-child.js';
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

/** In `npm run test:sealer`. */
const skip = process.env.SEALSTREAM_SEALER_KILLS === undefined ? 'npm run test:sealer runs it' : false;

describe('two sealers of one group and one folder', { concurrency: 2, skip }, () => {
  let loaded: LoadedWorld;
  before(async () => {
    loaded = await createLoadedWorld();
  });
  after(() => loaded?.world.remove());

  test('divide the shards: each is signed by one, and whoever is left goes on when the other is killed or sleeps', async (t) => {
    const { world, publish } = loaded;
    const site = await newSite(t, world);
    const witness = await startTestWitness(site.witness);
    t.after(() => witness.stop());
    const shard = world.eventShard(0);
    const origin = originOf(world.config.audience, shard);
    const start = (): Child => startChild(t, startSealerChild(site.config));
    const sealMore = async (): Promise<void> => {
      await publish(0, 5);
      await world.sealed({
        of: site.config,
        isIn: (one) => one === shard || (one !== 'registry' && one.partition === 0),
      });
    };
    /** Which of them signs the shard, the other standing by: what is sealed meanwhile is signed by that one alone. */
    const ownerAmong = async (a: Child, b: Child): Promise<[owner: Child, standby: Child]> => {
      // On a busy machine the group may be joined again, and the shard change hands, while it is looked at.
      for (let look = 0; look < 10; look += 1) {
        await sealMore();
        const { size } = (await checkpointOf(site.config, shard))!;
        const [owner, standby] = a.signed(origin).includes(size) ? [a, b] : [b, a];
        const before = standby.signed(origin).length;
        for (let time = 0; time < 3; time += 1) await sealMore();
        if (standby.signed(origin).length > before) continue;
        assert.ok(owner.signed(origin).some((one) => one > size));
        return [owner, standby];
      }
      return assert.fail('of two, one signs and the other stands by');
    };

    const [a, b] = [start(), start()];
    await Promise.all([a.ready, b.ready]);
    const [first, second] = await ownerAmong(a, b);
    first.signal('SIGKILL');
    await first.ended;
    await sealMore();
    assert.ok(second.signed(origin).length > 0, 'the standby has taken over');

    // A zombie: it sleeps longer than its session lasts, and wakes while another is at work.
    const third = start();
    await third.ready;
    const [zombie, heir] = await ownerAmong(second, third);
    void publish(0, 200);
    zombie.signal('SIGSTOP');
    await zombie.stopped();
    await sealMore();
    const mostWhileAsleep = Math.max(...heir.signed(origin));
    assert.ok(mostWhileAsleep > Math.max(...zombie.signed(origin)));
    zombie.signal('SIGCONT');
    await sealMore();

    // What has woken is a standby like any other.
    heir.signal('SIGKILL');
    await heir.ended;
    await sealMore();
    await cosigned(world, site);
    await zombie.stop();
    assertNoFork(site);
    await assertOneTree(world, [site.config]);
  });

  // All of them in `npm run test:sealer`.
  const sleeps = ['after_sign', 'after_cosign', 'after_kept'] as const;
  for (const step of Number(process.env.SEALSTREAM_SEALER_KILLS ?? 0) < 100 ? sleeps.slice(0, 1) : sleeps) {
    test(`one that slept at the step ${step} puts no older checkpoint in the place of the newer`, async (t) => {
      const { world, publish } = loaded;
      const site = await newSite(t, world);
      const witness = await startTestWitness(site.witness);
      t.after(() => witness.stop());
      const origin = originOf(world.config.audience, world.eventShard(1));
      const sleeper = startSealerChild(site.config, { step, origin, time: 1, signal: 'SIGSTOP' });
      await startChild(t, sleeper).stopped();
      const owner = startChild(t, startSealerChild(site.config));
      await publish(1, 3);
      await world.sealed({ of: site.config });
      const newest = (await checkpointOf(site.config, world.eventShard(1)))!;
      sleeper.signal('SIGCONT');
      // A write of the sleeper's would come at once; the owner's look would mend it within five seconds.
      await sleep(500);
      const there = (await checkpointOf(site.config, world.eventShard(1)))!;
      assert.ok(there.size >= newest.size, `${there.size} entries are published, and ${newest.size} were`);
      await Promise.all([sleeper.stop(), owner.stop()]);
      assertNoFork(site);
      await assertOneTree(world, [site.config]);
    });
  }
});
