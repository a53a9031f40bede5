import { isAbsolute, join } from 'node:path';
import { messageOf, SealstreamError } from '../../core/errors.js';
import { authorityPattern, isAuthorityName } from '../../core/log-folder/index.js';
import { certificatesFromPem, readCertificate } from '../../core/timestamp/index.js';

/** A timestamp authority that is configured. */
export interface TimestampAuthority {
  /** Names its folder, and its metrics. */
  name: string;
  url: URL;
  /** DER of the certificates that its chain must reach: an answer that does not verify is not kept. */
  trustedRoots: readonly Uint8Array[];
  /** Asked for, and the only one that is taken; any, where not given. */
  policy?: string;
}

const bad = (message: string): SealstreamError => new SealstreamError('config', message);
const mostAuthorities = 8;

/**
 * Reads the list of authorities: JSON `[{"name", "url", "roots": "FILE.pem", "policy"?}]`, the files relative to `folder`. Throws a `config` error
 * that names the authority and what is wrong with it.
 */
export function parseAuthorities(
  json: string,
  { folder, readFile }: { folder: string; readFile: (path: string) => string },
): TimestampAuthority[] {
  const listed = listIn(json);
  if (listed.length > mostAuthorities)
    throw bad(`${listed.length} timestamp authorities are listed; at most ${mostAuthorities} are asked`);
  const authorities = listed.map((entry, i) =>
    authorityOf(entry, i, (file) => readFile(isAbsolute(file) ? file : join(folder, file))),
  );
  const names = authorities.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw bad(`two timestamp authorities have the name ${twice}`);
  return authorities;
}

function listIn(json: string): unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    if (Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw bad('the timestamp authorities are no JSON list of {"name", "url", "roots", "policy"}');
}

function authorityOf(entry: unknown, i: number, read: (file: string) => string): TimestampAuthority {
  const { name, url, roots, policy, ...others } = (entry ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || !isAuthorityName(name)) {
    throw bad(
      `timestamp authority ${i + 1} needs a "name" that fits ${authorityPattern}; it has ${JSON.stringify(name)}`,
    );
  }
  const where = `timestamp authority ${name}`;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw bad(`${where} has "${unknown}", which is not known`);
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw bad(`${where} needs a "url" with http or https; it has ${JSON.stringify(url)}`);
  }
  if (policy !== undefined && !(typeof policy === 'string' && /^[0-2](\.(0|[1-9][0-9]*))+$/.test(policy))) {
    throw bad(`${where} has policy ${JSON.stringify(policy)}, which is no object identifier such as 1.2.3.4`);
  }
  if (typeof roots !== 'string') throw bad(`${where} needs "roots", a PEM file of the certificates that are trusted`);
  const trustedRoots = rootsIn(roots, { where, read });
  return { name, url: new URL(url), trustedRoots, ...(policy === undefined ? {} : { policy }) };
}

function rootsIn(file: string, { where, read }: { where: string; read: (file: string) => string }): Uint8Array[] {
  try {
    const certificates = certificatesFromPem(read(file));
    for (const der of certificates) readCertificate(der);
    if (certificates.length > 0) return certificates;
  } catch (error) {
    throw bad(`${where}: its roots in ${file} cannot be read: ${messageOf(error)}`);
  }
  throw bad(`${where}: there is no certificate in ${file}`);
}
