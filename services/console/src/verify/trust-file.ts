import { certificatesFromPem } from '../../../core/timestamp/index.js';
import { type Trust, UnreadableTrust } from '../../../core/verify/web.js';
import type { TrustGiven } from './protocol.js';

const members = ['audience', 'root_key', 'log_keys', 'witnesses', 'quorum', 'timestamp_authorities'] as const;
type Member = (typeof members)[number];

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** A trust file and certificates, as the verifier takes them. Throws UnreadableTrust. */
export function readTrust({ json, pem = [] }: TrustGiven): Trust {
  const file = json === undefined ? {} : readFile(json);
  const named = texts(file, 'timestamp_authorities') ?? [];
  const inline = named.filter((one) => one.includes('-----BEGIN'));
  if (named.length > inline.length && pem.length === 0) {
    const names = named.filter((one) => !inline.includes(one)).join(', ');
    throw new UnreadableTrust(
      `the trust file names certificates in other files, which a page cannot open: add ${names} too`,
    );
  }
  const quorum = file.quorum;
  if (quorum !== undefined && !(Number.isSafeInteger(quorum) && (quorum as number) >= 0)) {
    throw new UnreadableTrust('quorum is no whole number');
  }
  const logKeys = texts(file, 'log_keys');
  return {
    audience: text(file, 'audience'),
    rootKey: text(file, 'root_key'),
    logKeys: logKeys && logKeys.length > 0 ? logKeys : undefined,
    witnesses: texts(file, 'witnesses') ?? [],
    quorum: quorum as number | undefined,
    timestampRoots: [...inline, ...pem].flatMap(certificates),
  };
}

function readFile(json: string): Partial<Record<Member, unknown>> {
  let file: unknown;
  try {
    file = JSON.parse(json);
  } catch (error) {
    throw new UnreadableTrust(`the trust file is no JSON: ${(error as Error).message}`);
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw new UnreadableTrust(`the trust file is no JSON object with any of ${members.join(', ')}`);
  }
  // A misspelt member would be a key that is believed to be pinned and is not.
  const strange = Object.keys(file).find((name) => !members.includes(name as Member));
  if (strange !== undefined) {
    throw new UnreadableTrust(
      `the trust file has a member ${JSON.stringify(strange)}; known are ${members.join(', ')}`,
    );
  }
  return file;
}

function text(file: Partial<Record<Member, unknown>>, name: Member): string | undefined {
  const value = file[name];
  if (value !== undefined && typeof value !== 'string') throw new UnreadableTrust(`${name} is no text`);
  return value;
}

function texts(file: Partial<Record<Member, unknown>>, name: Member): string[] | undefined {
  const value = file[name];
  if (value !== undefined && !isTexts(value)) throw new UnreadableTrust(`${name} is no list of texts`);
  return value;
}

function certificates(pem: string): Uint8Array[] {
  let found: Uint8Array[];
  try {
    found = certificatesFromPem(pem);
  } catch (error) {
    throw new UnreadableTrust(`no certificates can be read from the PEM: ${(error as Error).message}`);
  }
  if (found.length === 0) throw new UnreadableTrust('there are no certificates in what was given for PEM');
  return found;
}
