import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../core/seal/index.js';
import { Problem } from '../../errors.js';
import { type Caller, lacks, may, mayActFor } from '../caller.js';
import { builtInRoles } from '../roles/roles.js';
import type { Settings } from '../settings.js';

/** What a session of an auditor remembers. */
export interface AuditorSource {
  kind: 'auditor';
  organization: string;
  id: string;
}

/** A link as it is stored; its secret is not. */
export interface AuditorLink {
  /** Who it is for. */
  name: string;
  createdAtMs: number;
  createdBy: string;
  expiresAtMs: number;
  revokedAtMs: number | null;
}

export interface ListedLink extends AuditorLink {
  id: string;
  organization: string;
}

/** Links by which somebody from outside reads one organization for a while, as often as need be. */
export interface AuditorLinks {
  make(
    request: { organization: string; name: string; expiresAtMs: number },
    caller: Caller,
  ): Promise<{ link: ListedLink; secret: string }>;
  /** Of the caller's organizations, ended ones included. */
  list(caller: Caller): Promise<ListedLink[]>;
  /** Ends its sessions, too. */
  revoke(id: string, caller: Caller): Promise<{ link: ListedLink; revoked: boolean }>;
  /** What stands behind a link's secret; undefined where it is unknown, revoked or expired. */
  open(secret: string): Promise<AuditorSource | undefined>;
  /** Who such a session is; undefined once the link has ended. */
  callerOf(source: AuditorSource): Promise<Caller | undefined>;
}

const auditorMay = builtInRoles.get('auditor')!.permissions;
const dayMs = 86_400_000;
const limits = { inForce: 100, inAll: 10_000, days: 92 };

/** Enough of the hash to be found by and not to be met by chance. */
const idOf = (secret: string): string => `aud_${sha256(secret).toString('hex').slice(0, 32)}`;
const isInForce = ({ expiresAtMs, revokedAtMs }: AuditorLink, nowMs: number): boolean =>
  revokedAtMs === null && nowMs < expiresAtMs;

export function createAuditorLinks({
  settings,
  now = Date.now,
}: {
  settings: Settings<AuditorLink>;
  now?: () => number;
}): AuditorLinks {
  const all = async (): Promise<ListedLink[]> =>
    (await settings.all()).map(({ organization, name: id, value }) => ({ ...value, id, organization }));

  const checkRequest = async (organization: string, expiresAtMs: number, caller: Caller): Promise<void> => {
    const refuse = (kind: 'forbidden' | 'invalid-request', pointer: string, detail: string): Problem =>
      new Problem(kind, `${pointer} ${detail}`, { errors: [{ pointer, detail }] });
    if (organization === '*') throw refuse('invalid-request', '/organization_id', 'must be one organization');
    if (!mayActFor(caller, organization)) {
      throw refuse('forbidden', '/organization_id', 'is not among the organizations of the credential');
    }
    const beyond = auditorMay.find((permission) => !may(caller, permission));
    if (beyond) throw lacks(caller, beyond, 'grant');
    const nowMs = now();
    if (expiresAtMs <= nowMs) throw refuse('invalid-request', '/expires_at', 'lies in the past');
    if (expiresAtMs > nowMs + limits.days * dayMs) {
      throw refuse('invalid-request', '/expires_at', `is more than ${limits.days} days away`);
    }
    const links = await all();
    const inForce = links.filter((link) => link.organization === organization && isInForce(link, nowMs));
    if (inForce.length >= limits.inForce || links.length >= limits.inAll) {
      throw new Problem('conflict', `there are ${inForce.length} auditor links of ${organization}, which is too many`);
    }
  };

  return {
    async make({ organization, name, expiresAtMs }, caller) {
      await checkRequest(organization, expiresAtMs, caller);
      const secret = randomBytes(32).toString('base64url');
      const value = { name, createdAtMs: now(), createdBy: caller.keyId, expiresAtMs, revokedAtMs: null };
      await settings.put(organization, idOf(secret), value, caller.keyId);
      return { link: { ...value, id: idOf(secret), organization }, secret };
    },
    list: async (caller) => (await all()).filter(({ organization }) => mayActFor(caller, organization)),
    async revoke(id, caller) {
      const link = (await all()).find((one) => one.id === id);
      if (!link || !mayActFor(caller, link.organization)) {
        throw new Problem('not-found', `no auditor link ${JSON.stringify(id)} is to be seen`);
      }
      if (link.revokedAtMs !== null) return { link, revoked: false };
      const { id: _, organization, ...value } = link;
      const ended = { ...value, revokedAtMs: now() };
      await settings.put(organization, id, ended, caller.keyId);
      return { link: { ...ended, id, organization }, revoked: true };
    },
    async open(secret) {
      const id = idOf(secret);
      const link = (await all()).find((one) => one.id === id);
      if (!link || !isInForce(link, now())) return undefined;
      return { kind: 'auditor', organization: link.organization, id };
    },
    async callerOf(source) {
      const link = (await settings.get(source.organization, source.id))?.value;
      if (!link || !isInForce(link, now())) return undefined;
      return {
        kind: 'auditor',
        method: 'auditor_link',
        keyId: source.id,
        name: link.name,
        organizations: [source.organization],
        permissions: new Set(auditorMay),
        expiresAtMs: link.expiresAtMs,
        source,
      };
    },
  };
}

export function readAuditorLink(json: unknown): AuditorLink | undefined {
  const link = json as AuditorLink;
  return typeof link.name === 'string' && typeof link.expiresAtMs === 'number' ? link : undefined;
}
