import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { SealstreamError } from '../core/errors.js';
import { lockFolder, lockTouchMs } from '../core/folder-lock.js';
import type { Logger } from '../core/log.js';
import type { Metrics } from '../core/metrics.js';
import type { SigningKey } from '../core/seal/index.js';
import { createNoteKey, formatVkey, signatureTypes } from '../core/tlog/index.js';
import { createNodeSigner, createNodeTreeHasher, createNodeVerifier, sha256 } from '../core/tlog/node.js';
import type { KnownLogs } from './logs.js';
import { createWitnessMetrics } from './metrics.js';
import { serveWitness } from './server.js';
import { openWitnessState } from './state.js';
import { createWitnessService, type Step } from './witness.js';

export interface RunningWitness {
  readonly port: number;
  /** What those who trust this witness are given. */
  readonly vkey: string;
  stop(): Promise<void>;
}

/** The vkey of a witness: what it is called, and its key. */
export const witnessVkey = (name: string, publicKey: Uint8Array): string =>
  formatVkey(createNoteKey({ sha256, name, publicKey, type: signatureTypes.cosignature }));

/** A witness on a folder of its own. Rejects with `witness_locked` where another process has the folder. */
export async function startWitness({
  name,
  key: signingKey,
  logs,
  folder,
  host,
  port,
  metrics: registry,
  log,
  onStep = () => {},
}: {
  /** On its cosignatures, like `example.org/witness`. */
  name: string;
  key: SigningKey;
  logs: KnownLogs;
  folder: string;
  host: string;
  port: number;
  metrics: Metrics;
  log: Logger;
  onStep?: (step: Step) => void;
}): Promise<RunningWitness> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(
    folder,
    (holder) =>
      new SealstreamError(
        'witness_locked',
        `the witness's folder ${folder} is in use by ${holder}. A witness that runs twice could cosign two trees: end that process, or give this witness a folder and a key of its own.`,
      ),
  );
  const touching = setInterval(lock.touch, lockTouchMs).unref();
  try {
    const metrics = createWitnessMetrics(registry);
    const key = createNoteKey({ sha256, name, publicKey: signingKey.publicKey, type: signatureTypes.cosignature });
    const witness = createWitnessService({
      key,
      sign: createNodeSigner(signingKey),
      logs,
      state: await openWitnessState(folder),
      hasher: createNodeTreeHasher(),
      verify: createNodeVerifier(),
      nowSeconds: () => Math.floor(Date.now() / 1_000),
      onStep,
      onFork(origin, message) {
        metrics.fork();
        log.error({ origin }, `a log contradicts itself: ${message}. The checkpoint is kept as evidence.`);
      },
    });
    const server = await serveWitness({ witness, host, port, metrics, log });
    return {
      port: (server.address() as AddressInfo).port,
      vkey: formatVkey(key),
      async stop() {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeIdleConnections();
        await closed;
        clearInterval(touching);
        lock.release();
      },
    };
  } catch (error) {
    clearInterval(touching);
    lock.release();
    throw error;
  }
}
