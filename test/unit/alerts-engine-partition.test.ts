import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as breathe } from 'node:timers/promises';
import { createPartitionWork } from '../../services/alerts/engine/partition.js';
import type { ReadyWindows } from '../../services/alerts/engine/windows-keeper.js';
import type { TopicRecord } from '../../services/core/judge/index.js';

const recordsOf = (partition: number, from: number, to: number): TopicRecord[] =>
  Array.from({ length: to - from }, (_, at) => ({
    partition,
    offset: from + at,
    appendTimeMs: 1_000 + from + at,
    value: Buffer.alloc(0),
  }));

/** Partitions whose records hold no events, and one judging for all whose calls end when the test says so. */
function world() {
  const calls: { end(ready: string): void; fail(error: Error): void }[] = [];
  const committed: string[] = [];
  const outdated = new Set<string>();
  const state = { running: true };
  const workOn = (partition: number) => {
    const work = createPartitionWork({
      topic: 'audit.events',
      partition,
      folder: { fold: async () => ({ accepted: [] }) } as never,
      start: 0,
      cursor: 0,
      judging: {
        events: () =>
          new Promise((resolve, reject) => {
            calls.push({ end: (ready) => resolve(ready as unknown as ReadyWindows), fail: reject });
          }),
        isCurrent: async (ready) => !outdated.has(ready as unknown as string),
        setProgress: async () => {},
      },
    });
    const turn = {
      running: () => state.running,
      commit: async (offset: number) => {
        if (!state.running) throw new Error('the partition is another’s');
        committed.push(`p${partition} ${offset}`);
      },
    };
    return { work, take: (from: number, to: number) => work.take(recordsOf(partition, from, to), turn) };
  };
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 5; turns += 1) await breathe();
  };
  return { workOn, calls, committed, outdated, state, settle };
}

describe('the records of a partition', () => {
  test('are committed once everything that they led to is stored', async () => {
    const { workOn, calls, committed, settle } = world();
    const { work, take } = workOn(0);
    const taken = take(0, 3);
    await settle();
    assert.deepEqual([committed, work.next, work.done, work.doneAppendUs], [[], 3, 0, 0]);
    calls[0]!.end('now');
    await taken;
    assert.deepEqual([committed, work.done, work.doneAppendUs], [['p0 3'], 3, 1_002_000]);
  });

  test('are judged again where their windows are outdated, whatever another partition was judged with since', async () => {
    const { workOn, calls, committed, outdated, settle } = world();
    const taken = [workOn(0).take(0, 1), workOn(1).take(0, 1)];
    await settle();
    outdated.add('before');
    calls[1]!.end('since');
    calls[0]!.end('before');
    await settle();
    assert.deepEqual([calls.length, committed], [3, ['p1 1']]);
    calls[2]!.end('since');
    await Promise.all(taken);
    assert.deepEqual(committed, ['p1 1', 'p0 1']);
  });

  test('are not committed where they failed, or the partition has become another’s meanwhile', async () => {
    const { workOn, calls, committed, state, settle } = world();
    const [failing, lost] = [workOn(0), workOn(1)];
    const taken = [failing.take(0, 1), lost.take(0, 1)];
    await settle();
    calls[0]!.fail(new Error('ClickHouse is away'));
    await assert.rejects(taken[0]!, /ClickHouse is away/);
    state.running = false;
    calls[1]!.end('now');
    await assert.rejects(taken[1]!, /another/);
    assert.deepEqual([committed, failing.work.done, lost.work.done], [[], 0, 0]);
  });
});
