import { parentPort } from 'node:worker_threads';
import { createNodePlatform } from './node.js';
import { checkRecord, type RecordFinding, type RecordJob } from './record-job.js';

/** A thread that checks records: asked with jobs, answers with what it found, in their order. */
const platform = createNodePlatform();
parentPort!.on('message', async ({ turn, jobs }: { turn: number; jobs: RecordJob[] }) => {
  const findings: RecordFinding[] = [];
  try {
    for (const job of jobs) findings.push(await checkRecord(job, platform));
    parentPort!.postMessage({ turn, findings });
  } catch (error) {
    parentPort!.postMessage({ turn, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
