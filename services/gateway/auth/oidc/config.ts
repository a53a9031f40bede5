import { readFileSync } from 'node:fs';
import type { Environment } from '../../../core/config.js';
import { readEnvironment } from '../../../core/config.js';
import { SealstreamError } from '../../../core/errors.js';

/** An OpenID provider whose tokens count here. */
export interface OidcConfig {
  issuer: string;
  /** Of access tokens; undefined takes none. */
  audience: string | undefined;
  /** For browsers; undefined signs none in. */
  client: { id: string; secret: string | undefined; scope: string } | undefined;
  algorithms: string[];
  claims: ClaimNames;
  /** What the provider's roles are called here, one of them perhaps several; undefined where they are called the same. */
  roleMap: ReadonlyMap<string, readonly string[]> | undefined;
  /** Whether claims may give every organization, the system scope and the permission `admin`. */
  mayAdminister: boolean;
}

/** Where in a token it stands; a dot goes into an object. */
export interface ClaimNames {
  name: string;
  organizations: string;
  permissions: string;
  roles: string;
}

/** All of them sign with a private key: a provider's public key could be taken for the secret of an HMAC. */
const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const bad = (message: string): SealstreamError => new SealstreamError('config', message);

/** SEALSTREAM_OIDC_*; undefined where SEALSTREAM_OIDC_ISSUER is not set. */
export function readOidc(environment: Environment): OidcConfig | undefined {
  const env = readEnvironment(environment);
  const issuer = env.optional('SEALSTREAM_OIDC_ISSUER');
  if (issuer === undefined) return undefined;
  const { protocol, hostname } = env.url('SEALSTREAM_OIDC_ISSUER');
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  if (protocol !== 'https:' && !isLoopback) {
    throw bad(`SEALSTREAM_OIDC_ISSUER=${issuer} is not https: anybody on the way could sign in`);
  }
  const audience = env.optional('SEALSTREAM_OIDC_AUDIENCE');
  const id = env.optional('SEALSTREAM_OIDC_CLIENT_ID');
  if (audience === undefined && id === undefined) {
    throw bad('SEALSTREAM_OIDC_ISSUER is set, but neither SEALSTREAM_OIDC_AUDIENCE nor SEALSTREAM_OIDC_CLIENT_ID');
  }
  const algorithms = env.list('SEALSTREAM_OIDC_ALGORITHMS', 'RS256,PS256,ES256,EdDSA');
  const unknown = algorithms.find((name) => !asymmetric.includes(name));
  if (unknown) throw bad(`SEALSTREAM_OIDC_ALGORITHMS names ${unknown}, which is none of ${asymmetric.join(', ')}`);
  const administers = env.text('SEALSTREAM_OIDC_MAY_ADMINISTER', 'no');
  if (!['yes', 'no'].includes(administers)) throw bad(`SEALSTREAM_OIDC_MAY_ADMINISTER=${administers} is not yes or no`);
  const secretFile = env.optional('SEALSTREAM_OIDC_CLIENT_SECRET_FILE');
  const secret = secretFile === undefined ? undefined : readSecret(secretFile);
  const scope = env.text('SEALSTREAM_OIDC_SCOPE', 'openid profile email');
  return {
    issuer,
    audience,
    client: id === undefined ? undefined : { id, secret, scope },
    algorithms,
    claims: {
      name: env.text('SEALSTREAM_OIDC_NAME_CLAIM', 'email'),
      organizations: env.text('SEALSTREAM_OIDC_ORGANIZATION_CLAIM', 'organizations'),
      permissions: env.text('SEALSTREAM_OIDC_PERMISSIONS_CLAIM', 'permissions'),
      roles: env.text('SEALSTREAM_OIDC_ROLES_CLAIM', 'roles'),
    },
    roleMap: readRoleMap(env.optional('SEALSTREAM_OIDC_ROLE_MAP')),
    mayAdminister: administers === 'yes',
  };
}

/** `theirs:ours,…`; theirs may hold colons, as names of groups do. */
function readRoleMap(text: string | undefined): OidcConfig['roleMap'] {
  if (text === undefined) return undefined;
  const map = new Map<string, string[]>();
  for (const pair of text.split(',')) {
    const match = /^\s*(\S.*):([a-z][a-z0-9_-]{0,63})\s*$/.exec(pair);
    if (!match) throw bad(`SEALSTREAM_OIDC_ROLE_MAP has ${JSON.stringify(pair)}, which is not "their role:our role"`);
    map.set(match[1]!, [...(map.get(match[1]!) ?? []), match[2]!]);
  }
  return map;
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw bad(`SEALSTREAM_OIDC_CLIENT_SECRET_FILE=${path} cannot be read: ${(error as Error).message}`);
  }
}
