import type { TrustGiven } from './protocol.js';

export interface NamedText {
  name: string;
  text: string;
}

/** What is trusted, by the names of the files that it came from. */
export interface TrustFiles {
  trust?: NamedText;
  pem: readonly NamedText[];
}

export const noTrust: TrustFiles = { pem: [] };

export const givenOf = ({ trust, pem }: TrustFiles): TrustGiven => ({
  ...(trust ? { json: trust.text } : {}),
  pem: pem.map(({ text }) => text),
});

/** A larger file is taken for a bundle unread. */
const mostTrustBytes = 1_048_576;
const trustMembers = ['audience', 'root_key', 'log_keys', 'witnesses', 'quorum', 'timestamp_authorities'];

export type FileKind = 'trust' | 'pem' | 'bundle';

/** What somebody dropped, by what is in it and not by its name. Whatever is neither is taken for a bundle, which then says what it is not. */
export function kindOf(text: string): FileKind {
  if (/^\s*-----BEGIN (TRUSTED )?CERTIFICATE-----/m.test(text.slice(0, 8_192))) return 'pem';
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json !== 'object' || json === null || 'format' in json) return 'bundle';
    return trustMembers.some((name) => name in json) ? 'trust' : 'bundle';
  } catch {
    return 'bundle';
  }
}

export interface Sorted<F> {
  bundles: F[];
  trust: NamedText | undefined;
  pem: NamedText[];
}

/** The part of a File that is used. */
export interface FileLike {
  readonly name: string;
  readonly size: number;
  text(): Promise<string>;
}

export async function sortFiles<F extends FileLike>(files: readonly F[]): Promise<Sorted<F>> {
  const sorted: Sorted<F> = { bundles: [], trust: undefined, pem: [] };
  for (const file of files) {
    const text = file.size <= mostTrustBytes ? await file.text().catch(() => undefined) : undefined;
    const kind = text === undefined ? 'bundle' : kindOf(text);
    if (kind === 'trust') sorted.trust = { name: file.name, text: text! };
    else if (kind === 'pem') sorted.pem.push({ name: file.name, text: text! });
    else sorted.bundles.push(file);
  }
  return sorted;
}

/** As remembered on this machine; nothing where it is none. */
export function readTrustFiles(remembered: string | undefined): TrustFiles {
  try {
    const { trust, pem } = JSON.parse(remembered ?? '') as TrustFiles;
    const isText = (one: NamedText): boolean => typeof one.name === 'string' && typeof one.text === 'string';
    if ((trust === undefined || isText(trust)) && pem.every(isText)) return { ...(trust ? { trust } : {}), pem };
  } catch {
    // Nothing is remembered, or something else is.
  }
  return noTrust;
}

export const trustMemory = 'sealstream.trust';
