import { setTimeout as sleep } from 'node:timers/promises';
import { AuditClientError, AuditProblem } from '../../client/errors.js';
import type { Query } from '../../client/gateway/gateway.js';
import { messageOf, SealstreamError } from '../../core/errors.js';
import { backoff } from '../../core/retry.js';
import type { Api } from '../http/api.js';
import { cutOff, openDownload } from './download.js';
import { createRecordCounter, type ExportFormat, type RecordCounter } from './record-counter.js';
import type { Target } from './target.js';

export interface Exported {
  events: number;
  bytes: number;
}

/** An export is one moment's picture: cut off, it is begun anew. */
const mostTries = 5;
const mostWaitMs = 60_000;

/**
 * Writes an export to the target, whole: as many events as the gateway announced, to its end. Tries again, from the beginning, where that
 * may help and the target can take back what it has. Rejects otherwise; what then becomes of the target is the caller's to say.
 */
export async function runExport({
  api: { gateway, signal },
  path,
  query,
  format,
  target,
  onProgress,
  onWait,
}: {
  api: Pick<Api, 'gateway' | 'signal'>;
  path: string;
  query: Query;
  format: ExportFormat;
  target: Target;
  onProgress: (counter: RecordCounter, expected: number) => void;
  onWait: (error: SealstreamError, waitMs: number) => void;
}): Promise<Exported> {
  const once = async (): Promise<Exported> => {
    const download = await openDownload({ gateway, path, query, signal });
    const counter = createRecordCounter(format);
    await download.read(async (chunk) => {
      counter.add(chunk);
      await target.write(chunk);
      onProgress(counter, download.events);
    });
    const said = download.saidComplete() ?? download.events;
    const fault = said === download.events ? counter.fault(download.events) : `the gateway says that it sent ${said}`;
    if (fault !== undefined) throw cutOff(fault);
    return { events: download.events, bytes: counter.bytes };
  };

  const waits = backoff({ firstMs: 500, mostMs: 15_000 });
  for (let tries = 1; ; tries += 1) {
    try {
      return await once();
    } catch (error) {
      if (signal.aborted || !mayHelp(error) || tries === mostTries || !(await target.restart())) throw error;
      const asked = error instanceof AuditProblem ? (error.retryAfterMs ?? 0) : 0;
      const waitMs = Math.max(waits.next().value, asked);
      if (waitMs > mostWaitMs) throw error;
      onWait(error, waitMs);
      await sleep(waitMs, undefined, { signal }).catch(() => {
        throw new AuditClientError('cut', messageOf(signal.reason));
      });
    }
  }
}

/** Nobody answering at all is said at once: the URL may be wrong. */
const mayHelp = (error: unknown): error is SealstreamError =>
  error instanceof SealstreamError && error.retriable && error.code !== 'unreachable';
