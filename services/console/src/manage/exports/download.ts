import type { Api } from '../../api/call.js';
import type { Parameters } from '../../api/parameters.js';
import { Problem } from '../../api/problem.js';
import { counted, formatNumber } from '../../ui/format.js';
import { createEventCounter, type ExportFormat } from './count.js';

export interface Progress {
  events: number;
  /** Undefined until the gateway has counted them. */
  total: number | undefined;
  bytes: number;
}

/** Where an export goes: a file that was chosen, or memory until it is whole. */
export interface Sink {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The file is whole. */
  done(name: string): Promise<void>;
  /** It is not: nothing of it may pass for whole. */
  abort(): Promise<void>;
}

/** Fetches an export into the sink. Rejects with a Problem, also for one that ends before it is whole. */
export async function download({
  api,
  path,
  query,
  format,
  name,
  sink,
  signal,
  onProgress,
}: {
  api: Api;
  path: string;
  query: Parameters;
  format: ExportFormat;
  name: string;
  sink: Sink;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}): Promise<Progress> {
  const counter = createEventCounter(format);
  let [bytes, total] = [0, undefined as number | undefined];
  try {
    const answer = await api.raw('GET', path, { query: { ...query, format }, signal, headers: { accept: '*/*' } });
    total = Number(answer.headers.get('x-export-events') ?? Number.NaN);
    const reader = answer.body!.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      counter.take(step.value);
      bytes += step.value.length;
      await sink.write(step.value);
      onProgress({ events: counter.events, total, bytes });
    }
    // The trailer that says so is not shown to pages.
    if (counter.events !== total) throw cutOff(counter.events, total);
    await sink.done(name);
    return { events: counter.events, total, bytes };
  } catch (error) {
    await sink.abort().catch(() => {});
    throw error instanceof TypeError && total !== undefined ? cutOff(counter.events, total) : error;
  }
}

const cutOff = (events: number, total: number): Problem =>
  new Problem({
    kind: 'cut-off',
    status: 0,
    title: 'The export is not whole',
    detail: `The connection ended after ${formatNumber(events)} of ${counted(total, 'event')}. Nothing was kept; start it again.`,
  });
