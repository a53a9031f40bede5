import { Worker } from 'node:worker_threads';
import type { RecordFinding, RecordJob } from './record-job.js';
import type { CheckRecords } from './records.js';

/** Bytes of events in one message: enough that a message's own cost is lost in it, and few enough that all threads end together. */
const turnBytes = 1_048_576;

export interface RecordWorkers {
  checkRecords: CheckRecords;
  close(): Promise<void>;
}

/** Threads that share the dear part of judging a large bundle (Node). Rejects when a thread dies. */
export function createRecordWorkers({ threads }: { threads: number }): RecordWorkers {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./record-worker.js', import.meta.url)));

  const checkRecords: CheckRecords = async (jobs) => {
    const turns = turnsOf(jobs);
    const found: RecordFinding[][] = [];
    let next = 0;
    const work = async (worker: Worker): Promise<void> => {
      while (next < turns.length) {
        const turn = next;
        next += 1;
        found[turn] = await ask(worker, turn, turns[turn]!);
      }
    };
    await Promise.all(workers.map(work));
    return found.flat();
  };

  return {
    checkRecords,
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function turnsOf(jobs: RecordJob[]): RecordJob[][] {
  const turns: RecordJob[][] = [];
  let bytes = turnBytes;
  for (const job of jobs) {
    if (bytes >= turnBytes) {
      turns.push([]);
      bytes = 0;
    }
    turns.at(-1)!.push(job);
    bytes += 1_024 + job.events.reduce((sum, { parts }) => sum + parts.length, 0);
  }
  return turns;
}

function ask(worker: Worker, turn: number, jobs: RecordJob[]): Promise<RecordFinding[]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      act();
    };
    const onMessage = (answer: { turn: number; findings?: RecordFinding[]; failed?: string }): void =>
      settle(() => (answer.findings ? resolve(answer.findings) : reject(new Error(answer.failed))));
    const onError = (error: Error): void => settle(() => reject(error));
    const onExit = (code: number): void => settle(() => reject(new Error(`a verifying thread ended with ${code}`)));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage({ turn, jobs });
  });
}
