import { Problem } from '../errors.js';
import type { ExportLimits } from './limits.js';

/** Counts the exports under way. */
export interface ExportGate {
  /** Throws overloaded (503) or rate-limited (429) where there are as many as may be; gives back how to leave, which counts once. */
  enter(keyId: string): () => void;
  readonly running: number;
}

const retrySeconds = 10;

export function createExportGate({ atOnce, atOncePerKey }: Pick<ExportLimits, 'atOnce' | 'atOncePerKey'>): ExportGate {
  const running: { keyId: string }[] = [];
  const headers = { 'retry-after': String(retrySeconds) };
  return {
    enter(keyId) {
      if (running.length >= atOnce) {
        throw new Problem('overloaded', `the gateway writes ${atOnce} exports, which is as many as it may`, {
          headers,
        });
      }
      if (running.filter((one) => one.keyId === keyId).length >= atOncePerKey) {
        throw new Problem(
          'rate-limited',
          `${atOncePerKey} exports are under way for this API key; wait for one of them`,
          {
            headers,
          },
        );
      }
      const entry = { keyId };
      running.push(entry);
      return () => {
        const at = running.indexOf(entry);
        if (at >= 0) running.splice(at, 1);
      };
    },
    get running() {
      return running.length;
    },
  };
}
