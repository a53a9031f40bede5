import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { messageOf } from '../../core/errors.js';
import {
  type BundleVerdict,
  createNodePlatform,
  type Trust,
  UnreadableBundle,
  UnreadableTrust,
} from '../../core/verify/node.js';
import { createRecordWorkers } from '../../core/verify/record-workers.js';
import { verifyBundle } from '../../core/verify/verify-bundle.js';
import { CliError, exitCodes, usageError } from '../errors.js';
import type { Printer } from '../output/printer.js';
import { hang, pad, printable } from '../output/text.js';
import type { Surroundings } from '../surroundings.js';

/** A smaller bundle is judged before threads have begun. */
const bytesWorthThreads = 8_388_608;

/** Judges a bundle in a file, or `-` for standard input. Nothing is asked of anybody. */
export async function verifyFile(file: string, trust: Trust, surroundings: Surroundings): Promise<BundleVerdict> {
  const bytes = await readBytes(file, surroundings);
  const workers =
    bytes.length > bytesWorthThreads
      ? createRecordWorkers({ threads: Math.min(4, availableParallelism()) })
      : undefined;
  try {
    return await verifyBundle(bytes, {
      trust: { nowMs: surroundings.nowMs(), ...trust },
      platform: createNodePlatform(),
      ...(workers ? { checkRecords: workers.checkRecords } : {}),
    });
  } catch (error) {
    if (error instanceof UnreadableTrust) throw usageError(error.message);
    if (error instanceof UnreadableBundle) throw usageError(`${file}: ${error.message}`);
    throw error;
  } finally {
    await workers?.close();
  }
}

async function readBytes(file: string, { cwd, stdin }: Surroundings): Promise<Uint8Array> {
  try {
    if (file !== '-') return readFileSync(resolve(cwd, file));
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  } catch (error) {
    throw new CliError('usage', `${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

export const exitCodeOf = ({ verified, tampered }: BundleVerdict): number =>
  verified ? exitCodes.ok : tampered ? exitCodes.tampered : exitCodes.failed;

const nameWidth = 14;
const verdictWidth = 15;

export function describeBundle(
  file: string,
  verdict: BundleVerdict,
  { paint, width }: Pick<Printer, 'paint' | 'width'>,
): string {
  const { verified, tampered, checks, message, audience, trust, events } = verdict;
  const word = verified ? 'VERIFIED' : tampered ? 'TAMPERED' : 'NOT PROVEN';
  const style = verified ? 'good' : tampered ? 'bad' : 'caution';
  const row = (beginning: string, text: string): string[] => hang(beginning, printable(text), width);
  const lines = Object.entries(checks).flatMap(([name, check]) => {
    const state = check.verified ? 'verified' : check.available ? 'FAILED' : 'not available';
    const code = check.failed ? `${check.failed}: ` : '';
    return row(`  ${pad(name, nameWidth)}${pad(state, verdictWidth)}`, `${code}${check.message}`);
  });
  const firstUse = [
    ...(trust.deployment === 'first_use' ? ['the root key'] : []),
    ...(trust.log === 'first_use' ? ['the log key'] : []),
  ];
  const said = [
    ...row('', message),
    ...lines,
    ...row(`  ${pad('deployment', nameWidth)}`, audience),
    ...(firstUse.length > 0
      ? row(
          `  ${pad('trust', nameWidth)}`,
          `${firstUse.join(' and ')} come from the bundle itself; give --root-key and --log-key`,
        )
      : []),
    ...events.slice(0, 10).flatMap(({ id, action, actor, occurredAtUs, identity }) => {
      const who = identity === 'erased' ? `${actor.id} (identity erased)` : actor.name || actor.id;
      return row(`  ${new Date(occurredAtUs / 1_000).toISOString()}  `, `${id}  ${action}  ${who}`);
    }),
    ...(checks.signature.events > Math.min(10, events.length)
      ? [`  and ${checks.signature.events - Math.min(10, events.length)} more events`]
      : []),
  ];
  return `${paint(word, style)}  ${printable(file)}\n${said.map((line) => `${line.trimEnd()}\n`).join('')}`;
}
