import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { messageOf } from '../../core/errors.js';
import { certificatesFromPem } from '../../core/timestamp/index.js';
import type { Trust } from '../../core/verify/node.js';
import { collected, wholeNumber } from '../commands/command.js';
import { usageError } from '../errors.js';

/** What the user trusts, as options; the names are those of a trust file too. */
export interface TrustOptions {
  trust?: string;
  audience?: string;
  rootKey?: string;
  logKey?: string[];
  witness?: string[];
  quorum?: number;
  policy?: string;
  tsa?: string[];
}

export const withTrustOptions = (command: Command): Command =>
  [
    new Option(
      '--trust <file>',
      'all of these in one JSON file: audience, root_key, log_keys, witnesses, quorum, timestamp_authorities',
    ),
    new Option('--audience <text>', "the deployment's name"),
    new Option('--root-key <base64>', "the deployment's root public key"),
    new Option('--log-key <key>', 'a key of the log: vkey, or base64 of the key; during a rotation both').argParser(
      collected,
    ),
    new Option('--witness <vkey>', 'a witness that is trusted').argParser(collected),
    new Option('--quorum <k>', 'how many of the witnesses must have cosigned; default all').argParser(
      wholeNumber(0, 100),
    ),
    new Option('--policy <file>', 'logs, witnesses and quorum in a file (C2SP tlog-policy)'),
    new Option('--tsa <file>', 'certificates of timestamping authorities that are trusted (PEM)').argParser(collected),
  ].reduce((all, option) => all.addOption(option.helpGroup('Trust:')), command);

interface TrustFile {
  audience?: string;
  root_key?: string;
  log_keys?: string[];
  witnesses?: string[];
  quorum?: number;
  timestamp_authorities?: string[];
}

/** Throws a usage error for what cannot be read. */
export function readTrust(options: TrustOptions, cwd: string): Trust {
  const file = options.trust === undefined ? {} : readTrustFile(resolve(cwd, options.trust));
  const authorities = [...(file.timestamp_authorities ?? []), ...(options.tsa ?? [])];
  const logKeys = [...(file.log_keys ?? []), ...(options.logKey ?? [])];
  const witnesses = [...(file.witnesses ?? []), ...(options.witness ?? [])];
  return {
    audience: options.audience ?? file.audience,
    rootKey: options.rootKey ?? file.root_key,
    logKeys: logKeys.length > 0 ? logKeys : undefined,
    witnesses,
    quorum: options.quorum ?? file.quorum,
    policy: options.policy === undefined ? undefined : text(resolve(cwd, options.policy)),
    timestampRoots: authorities.flatMap((path) => certificates(resolve(cwd, path))),
  };
}

function readTrustFile(path: string): TrustFile {
  let file: unknown;
  try {
    file = JSON.parse(text(path));
  } catch (error) {
    throw usageError(`${path} is no JSON: ${messageOf(error)}`);
  }
  const isList = (value: unknown): boolean =>
    value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
  const known = ['audience', 'root_key', 'log_keys', 'witnesses', 'quorum', 'timestamp_authorities'];
  const strange = Object.keys(file as object).find((name) => !known.includes(name));
  if (strange !== undefined)
    throw usageError(`${path} has a member ${JSON.stringify(strange)}; known are ${known.join(', ')}`);
  const { audience, root_key, log_keys, witnesses, quorum, timestamp_authorities } = file as TrustFile;
  const isRight =
    [audience, root_key].every(isText) &&
    [log_keys, witnesses, timestamp_authorities].every(isList) &&
    (quorum === undefined || Number.isSafeInteger(quorum));
  if (!isRight) throw usageError(`${path}: a member is of the wrong kind; see docs/guides/verify.md`);
  return file as TrustFile;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`${path} cannot be read: ${messageOf(error)}`);
  }
}

function certificates(path: string): Uint8Array[] {
  try {
    return certificatesFromPem(text(path));
  } catch (error) {
    throw usageError(`${path} holds no certificates: ${messageOf(error)}`);
  }
}
