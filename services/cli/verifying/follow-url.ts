import { resolve } from 'node:path';
import { TlogError } from '../../core/tlog/index.js';
import { isTampering } from '../../core/verify/failures.js';
import { type FollowedShard, followLog } from '../../core/verify/follow.js';
import { createNodePlatform, type Trust } from '../../core/verify/node.js';
import { logKeyOf, policyOf } from '../../core/verify/trust.js';
import { exitCodes, usageError } from '../errors.js';
import type { Printer } from '../output/printer.js';
import { hang, printable } from '../output/text.js';
import type { Surroundings } from '../surroundings.js';
import { createHttpLog } from './http-log.js';
import { readState, writeState } from './state-file.js';

export interface Followed {
  log: string;
  /** Where the log's keys came from: what was given, what was remembered, or the log itself at first sight. */
  keys: 'pinned' | 'remembered' | 'first_use';
  shards: FollowedShard[];
}

/** One look at a log: what it shows must go on from what it showed the last time. The state is written when nothing was tampered with. */
export async function followUrl(
  url: string,
  stateFile: string,
  trust: Trust,
  surroundings: Surroundings,
): Promise<Followed> {
  const platform = createNodePlatform();
  const { sha256 } = platform.hasher;
  const path = resolve(surroundings.cwd, stateFile);
  const state = readState(path);
  if (!URL.canParse(url)) throw usageError(`${JSON.stringify(url)} is no URL`);
  const port = createHttpLog(new URL(url), surroundings.signal);
  const read = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw error instanceof TlogError ? usageError(error.message) : error;
    }
  };
  const policy = read(() => policyOf(trust, sha256));
  const pinned = [
    ...(trust.logKeys ?? []),
    ...policy.logs.map(({ key }) => Buffer.from(key.publicKey).toString('base64')),
  ];
  const keys = pinned.length > 0 ? 'pinned' : state.logKeys.length > 0 ? 'remembered' : 'first_use';
  const texts = keys === 'pinned' ? pinned : keys === 'remembered' ? state.logKeys : await listedKeys(port);
  const logPublicKeys = read(() => texts.map((text) => logKeyOf(sha256, text)));
  const { shards, seen } = await followLog({ port, seen: state.seen, logPublicKeys, policy, platform });
  if (trust.audience !== undefined) {
    const foreign = shards.find(({ origin }) => !origin.startsWith(`${trust.audience}/`));
    if (foreign)
      Object.assign(foreign, { state: 'failed', failed: 'wrong_origin', message: `not of ${trust.audience}` });
  }
  const followed = { log: url, keys, shards } satisfies Followed;
  if (exitCodeOfFollowed(followed) !== exitCodes.tampered) {
    writeState(path, { logKeys: logPublicKeys.map((key) => Buffer.from(key).toString('base64')), seen });
  }
  return followed;
}

/** The keys that the log lists: all there is to go by at first sight. */
async function listedKeys(port: ReturnType<typeof createHttpLog>): Promise<string[]> {
  const shards = (await port.shards()) as { vkey?: string }[];
  return [...new Set(shards.flatMap(({ vkey }) => (typeof vkey === 'string' ? [vkey] : [])))];
}

export function exitCodeOfFollowed({ shards }: Followed): number {
  const codes = shards.flatMap(({ failed }) => (failed ? [failed] : []));
  return codes.some(isTampering) ? exitCodes.tampered : codes.length > 0 ? exitCodes.failed : exitCodes.ok;
}

export function describeFollowed(followed: Followed, { paint, width }: Pick<Printer, 'paint' | 'width'>): string {
  const code = exitCodeOfFollowed(followed);
  const word = code === exitCodes.ok ? 'CONSISTENT' : code === exitCodes.tampered ? 'TAMPERED' : 'NOT PROVEN';
  const style = code === exitCodes.ok ? 'good' : code === exitCodes.tampered ? 'bad' : 'caution';
  const keys = {
    pinned: 'keys of the log as given',
    remembered: 'keys of the log as remembered',
    first_use: 'keys of the log as it names them itself: compare them with what you know',
  };
  const lines = followed.shards.flatMap(({ origin, size, failed, message, witnesses }) => {
    const by = witnesses.length > 0 ? `; cosigned by ${witnesses.map(({ name }) => name).join(', ')}` : '';
    const said = `${failed ? `${failed}: ` : ''}${message}${by}`;
    return [`  ${printable(origin)}  ${size}`, ...hang('    ', printable(said), width)];
  });
  const all = [...hang('', keys[followed.keys], width), ...lines].map((line) => `${line.trimEnd()}\n`);
  return `${paint(word, style)}  ${printable(followed.log)}\n${all.join('')}`;
}
