import { sameBytes } from '../wire/bytes.js';
import { fromUtf8, readDecimal } from './bytes.js';
import { refuse } from './errors.js';
import type { Sha256 } from './hashing.js';
import { noteLimits } from './note.js';
import { type NoteKey, parseVkey, signatureTypes } from './note-key.js';

export interface PolicyLog {
  key: NoteKey;
  url?: string | undefined;
}
export interface PolicyWitness extends PolicyLog {
  /** Of meaning within the policy only. */
  name: string;
}
/** At least `threshold` of the members, each of them a witness's or a group's name. */
export interface PolicyGroup {
  name: string;
  threshold: number;
  members: string[];
}

/** Which logs are accepted, and which witnesses are enough (C2SP tlog-policy). */
export interface Policy {
  logs: PolicyLog[];
  witnesses: PolicyWitness[];
  /** Each after the groups it is made of. */
  groups: PolicyGroup[];
  /** A witness's or a group's name, or `none`. */
  quorum: string;
}

export interface PolicyVerdict {
  isSatisfied: boolean;
  /** Names of the policy's witnesses that have cosigned, and of those that have not. */
  cosigned: string[];
  missing: string[];
}

/** `k` of these witnesses, each named as its key. Throws `bad_policy` for `k` out of range, and where one key is listed twice. */
export function thresholdPolicy({ k, witnesses }: { k: number; witnesses: NoteKey[] }): Policy {
  const draft = emptyDraft();
  for (const key of witnesses) addWitness(draft, { name: key.name, key });
  if (!Number.isInteger(k) || k < 0 || k > witnesses.length) {
    refuse('bad_policy', `${k} of ${witnesses.length} witnesses: not 0 to ${witnesses.length}`);
  }
  if (k === 0) return { ...draft.policy, quorum: 'none' };
  const members = witnesses.map(({ name }) => name);
  // A blank cannot be in any witness's name.
  return { ...draft.policy, groups: [{ name: 'the witnesses', threshold: k, members }], quorum: 'the witnesses' };
}

/** Reads a policy file. Strict: throws `bad_policy`, naming the line. */
export function parsePolicy({ sha256, policy }: { sha256: Sha256; policy: Uint8Array | string }): Policy {
  if (policy.length > noteLimits.bytes) refuse('bad_policy', `the policy has more than ${noteLimits.bytes} bytes`);
  const text = typeof policy === 'string' ? policy : fromUtf8(policy, 'bad_policy', 'the policy');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) refuse('bad_policy', 'the policy has control characters');
  const draft = emptyDraft();
  text.split('\n').forEach((line, index) => {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0]!.startsWith('#')) return;
    try {
      readLine({ draft, words, sha256 });
    } catch (error) {
      refuse('bad_policy', `line ${index + 1} of the policy: ${(error as Error).message}`);
    }
  });
  const { quorum } = draft;
  if (quorum === undefined)
    return refuse('bad_policy', 'the policy has no quorum line; "quorum none" asks for no witness');
  return { ...draft.policy, quorum };
}

/** Whether those who have cosigned are enough. `cosigners` are keys whose cosignatures were verified; others than the policy's are passed over. */
export function evaluatePolicy(policy: Policy, cosigners: readonly NoteKey[]): PolicyVerdict {
  const hasCosigned = ({ key }: PolicyWitness): boolean => cosigners.some((cosigner) => isSameKey(cosigner, key));
  const cosigned = policy.witnesses.filter(hasCosigned).map(({ name }) => name);
  const satisfied = new Set(cosigned);
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => satisfied.has(member)).length >= threshold) satisfied.add(name);
  }
  const missing = policy.witnesses.map(({ name }) => name).filter((name) => !cosigned.includes(name));
  return { isSatisfied: policy.quorum === 'none' || satisfied.has(policy.quorum), cosigned, missing };
}

interface Draft {
  policy: Omit<Policy, 'quorum'>;
  /** Of witnesses and groups, which share them. */
  names: Set<string>;
  /** Members of a group already: a witness counts in one way only. */
  grouped: Set<string>;
  quorum: string | undefined;
}

const emptyDraft = (): Draft => ({
  policy: { logs: [], witnesses: [], groups: [] },
  names: new Set(),
  grouped: new Set(),
  quorum: undefined,
});

function readLine({ draft, words, sha256 }: { draft: Draft; words: string[]; sha256: Sha256 }): void {
  const [kind, ...rest] = words;
  const requireWords = (least: number, most: number, form: string): void => {
    if (rest.length < least || rest.length > most) refuse('bad_policy', `expected "${form}"`);
  };
  if (kind === 'log') {
    requireWords(1, 2, 'log <vkey> [<url>]');
    const key = parseVkey({ sha256, vkey: rest[0]! });
    requireKey(draft.policy.logs, key, signatureTypes.ed25519);
    draft.policy.logs.push({ key, url: rest[1] });
  } else if (kind === 'witness') {
    requireWords(2, 3, 'witness <name> <vkey> [<url>]');
    addWitness(draft, { name: rest[0]!, key: parseVkey({ sha256, vkey: rest[1]! }), url: rest[2] });
  } else if (kind === 'group') {
    requireWords(3, Number.POSITIVE_INFINITY, 'group <name> <all, any or k> <name>…');
    addGroup(draft, rest[0]!, rest[1]!, rest.slice(2));
  } else if (kind === 'quorum') {
    requireWords(1, 1, 'quorum <name>');
    if (draft.quorum !== undefined) refuse('bad_policy', 'a second quorum line');
    if (rest[0] !== 'none') requireDefined(draft, rest[0]!);
    draft.quorum = rest[0];
  } else {
    refuse('bad_policy', `${JSON.stringify(kind)} is none of log, witness, group, quorum`);
  }
}

function addWitness(draft: Draft, witness: PolicyWitness): void {
  requireKey(draft.policy.witnesses, witness.key, signatureTypes.cosignature);
  define(draft, witness.name);
  draft.policy.witnesses.push(witness);
}

function addGroup(draft: Draft, name: string, count: string, members: string[]): void {
  for (const member of members) {
    requireDefined(draft, member);
    if (draft.grouped.has(member)) refuse('bad_policy', `${member} is a member of a group already`);
    draft.grouped.add(member);
  }
  const named = { all: members.length, any: 1 } as const;
  const threshold =
    count === 'all' || count === 'any' ? named[count] : readDecimal(count, 'bad_policy', 'the number of members');
  if (threshold < 1 || threshold > members.length) {
    refuse('bad_policy', `${threshold} of ${members.length} members: not 1 to ${members.length}`);
  }
  define(draft, name);
  draft.policy.groups.push({ name, threshold, members });
}

function define(draft: Draft, name: string): void {
  if (name === 'none' || draft.names.has(name)) refuse('bad_policy', `the name ${name} is taken`);
  draft.names.add(name);
}

function requireDefined(draft: Draft, name: string): void {
  if (!draft.names.has(name)) refuse('bad_policy', `${name} is no witness and no group of a line above`);
}

function requireKey(others: PolicyLog[], key: NoteKey, type: number): void {
  if (key.type !== type) {
    refuse('bad_policy', `the key of ${key.name} is of signature type ${key.type}; here it takes type ${type}`);
  }
  const same = others.find((other) => sameBytes(other.key.publicKey, key.publicKey));
  if (same) refuse('bad_policy', `${key.name} has the same public key as ${same.key.name}`);
}

/** A witness is its public key: neither another name nor another type of signature makes a second one of it. */
const isSameKey = (a: NoteKey, b: NoteKey): boolean => a.type === b.type && sameBytes(a.publicKey, b.publicKey);
