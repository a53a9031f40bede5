import type { BundleVerdict } from '../../../core/verify/web.js';
import type { RefusalKind, TrustGiven, VerifyAnswer, VerifyRequest } from './protocol.js';

export type { BundleVerdict, Check, FailureCode } from '../../../core/verify/web.js';
export type { TrustGiven } from './protocol.js';

/** No verdict could be given: the file is no bundle, the trust cannot be read, or the browser cannot judge. */
export class VerifyRefusal extends Error {
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string) {
    super(message);
    this.name = 'VerifyRefusal';
    this.kind = kind;
  }
}

export interface Verified {
  verdict: BundleVerdict;
  tookMs: number;
}

/**
 * Judges an evidence bundle here, in a worker that is loaded now and asks nothing of anybody. Rejects with VerifyRefusal, or with the
 * signal's reason.
 */
export function verifyInBrowser(
  bundle: Blob | string,
  {
    trust = {},
    signal,
    open = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'verify' }),
  }: { trust?: TrustGiven; signal?: AbortSignal; open?: () => Worker } = {},
): Promise<Verified> {
  return new Promise((resolve, reject) => {
    const worker = open();
    const end = (): void => {
      worker.terminate();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      end();
      reject(signal?.reason);
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.onmessage = ({ data }: MessageEvent<VerifyAnswer>) => {
      end();
      if ('verdict' in data) resolve(data);
      else if ('refused' in data) reject(new VerifyRefusal(data.refused, data.message));
      else reject(new VerifyRefusal('browser', `the verifier failed: ${data.failed}`));
    };
    worker.onerror = ({ message }) => {
      end();
      reject(
        new VerifyRefusal(
          'browser',
          `the verifier could not be loaded or ran out of memory${message ? `: ${message}` : ''}`,
        ),
      );
    };
    worker.postMessage({ bundle, trust, nowMs: Date.now() } satisfies VerifyRequest);
  });
}
