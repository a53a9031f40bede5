import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../services/core/log.js';
import { createMetrics } from '../../services/core/metrics.js';
import { type SigningKey, signingKeyFromPem } from '../../services/core/seal/index.js';
import { createNoteKey, formatVkey } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { readKnownLogs } from '../../services/witness/logs.js';
import { type RunningWitness, startWitness } from '../../services/witness/service.js';
import type { Step } from '../../services/witness/witness.js';
import { newPem } from './sealing.js';

/** Everything a witness must be told, as JSON: a witness of a test may be a process of its own. */
export interface WitnessConfig {
  name: string;
  /** PEM. */
  key: string;
  folder: string;
  logs: string[];
  port: number;
}

export interface TestWitness extends RunningWitness {
  url: string;
  metrics(): Promise<string>;
}

/** A witness that was never run. `remove` takes its folder away. */
export function newWitness(logs: string[], change: Partial<WitnessConfig> = {}): WitnessConfig & { remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-witness-'));
  return {
    name: 'witness.example/w1',
    key: newPem(),
    folder: join(folder, 'state'),
    logs,
    port: 0,
    ...change,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function startTestWitness(
  { name, key, folder, logs, port }: WitnessConfig,
  { onStep = () => {}, level = 'silent' }: { onStep?: (step: Step) => void; level?: string } = {},
): Promise<TestWitness> {
  const metrics = createMetrics('witness', { process: false });
  const witness = await startWitness({
    name,
    key: signingKeyFromPem(key),
    logs: readKnownLogs(logs),
    folder,
    host: '127.0.0.1',
    port,
    metrics,
    log: createLogger('witness', level),
    onStep,
  });
  return { ...witness, url: `http://127.0.0.1:${witness.port}`, metrics: () => metrics.registry.metrics() };
}

/** The verification key of a log under a name. */
export const logVkey = (name: string, key: Pick<SigningKey, 'publicKey'>): string =>
  formatVkey(createNoteKey({ sha256, name, publicKey: key.publicKey }));
