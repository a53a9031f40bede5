import { Problem } from '../../errors.js';
import type { ApiKey } from '../api-key.js';
import { type Caller, lacks, may, type Permission, permissions } from '../caller.js';
import type { Settings } from '../settings.js';

export interface Role {
  description: string;
  permissions: Permission[];
}

const viewer: Permission[] = ['view:audit_logs'];
const auditor: Permission[] = [...viewer, 'export:audit_logs', 'verify'];
const admin: Permission[] = [...auditor, 'write:events', 'manage:alerts', 'manage:keys'];

/** Roles that every organization has. They run an organization; the permission `admin` runs the deployment. */
export const builtInRoles: ReadonlyMap<string, Role> = new Map([
  ['owner', { description: 'everything within the organization', permissions: [...admin, 'view:owner_events'] }],
  ['admin', { description: 'everything but what is for owners only', permissions: admin }],
  ['auditor', { description: 'reads, exports and verifies', permissions: auditor }],
  ['viewer', { description: 'reads', permissions: viewer }],
  ['writer', { description: 'sends events and reads nothing', permissions: ['write:events'] }],
]);

const limits = { perOrganization: 100, inAll: 10_000 };

/** As organization of a role: every one of them, and all of them together. */
export const everywhere = '*';

/** Built-in roles, those of the deployment, and those of organizations. */
export interface Roles {
  /** What a key's role permits now; nothing where it has none, or none any more. */
  permissionsOf(key: Pick<ApiKey, 'role' | 'organizations'>): Promise<readonly Permission[]>;
  /** Throws invalid-request where the role is not there for keys of these organizations. */
  check(key: Pick<ApiKey, 'role' | 'organizations'>): Promise<void>;
  /** The deployment's, and those of the organizations that the caller speaks for. */
  list(caller: Caller): Promise<{ organization: string; name: string; role: Role }[]>;
  /**
   * Neither the role as it was nor as it becomes may hold more than the caller has. Throws conflict where an organization's role would have
   * the name of one of the deployment's: what a key may must not change because one of two is removed.
   */
  put(organization: string, name: string, role: Role, caller: Caller): Promise<{ created: boolean }>;
  remove(organization: string, name: string, caller: Caller): Promise<Role>;
}

export function createRoles({ settings }: { settings: Settings<Role> }): Roles {
  const find = async ({ role, organizations }: Pick<ApiKey, 'role' | 'organizations'>): Promise<Role | undefined> => {
    if (role === undefined) return undefined;
    const builtIn = builtInRoles.get(role);
    if (builtIn) return builtIn;
    // An organization's role says nothing of any other.
    const own = organizations !== '*' && organizations.length === 1 ? organizations[0]! : everywhere;
    return (await settings.get(own, role))?.value ?? (await settings.get(everywhere, role))?.value;
  };
  const checkWithin = (role: Role, caller: Caller, what: string): void => {
    const beyond = role.permissions.find((permission) => !may(caller, permission));
    if (beyond) throw lacks(caller, beyond, what);
  };
  const checkNew = async (organization: string, name: string): Promise<void> => {
    const all = await settings.all();
    const namesake = all.find(
      (setting) => setting.name === name && (organization === everywhere || setting.organization === everywhere),
    );
    if (namesake) {
      const whose = namesake.organization === everywhere ? 'the deployment' : namesake.organization;
      throw new Problem('conflict', `${JSON.stringify(name)} is a role of ${whose} already`);
    }
    const own = all.filter((setting) => setting.organization === organization);
    if (own.length >= limits.perOrganization || all.length >= limits.inAll) {
      throw new Problem(
        'conflict',
        `there are ${own.length} roles of ${nameOf(organization)}, which is as many as there may be`,
      );
    }
  };
  return {
    permissionsOf: async (key) => (await find(key))?.permissions ?? [],
    async check(key) {
      if (key.role === undefined || (await find(key))) return;
      const detail = `is no role of ${key.organizations === '*' ? 'the deployment' : key.organizations.join(', ')}`;
      throw new Problem('invalid-request', `/role ${JSON.stringify(key.role)} ${detail}`, {
        errors: [{ pointer: '/role', detail }],
      });
    },
    async list({ organizations }) {
      const all = await settings.all();
      const isSeen = (organization: string): boolean =>
        organizations === '*' || organization === everywhere || organizations.includes(organization);
      const seen = all.filter(({ organization }) => isSeen(organization));
      return seen.map(({ organization, name, value }) => ({ organization, name, role: value }));
    },
    async put(organization, name, role, caller) {
      const before = await settings.get(organization, name);
      if (before) checkWithin(before.value, caller, 'change a role with');
      else await checkNew(organization, name);
      checkWithin(role, caller, 'grant');
      await settings.put(organization, name, role, caller.keyId);
      return { created: before === undefined };
    },
    async remove(organization, name, caller) {
      const before = await settings.get(organization, name);
      if (!before)
        throw new Problem('not-found', `${nameOf(organization)} has no role ${JSON.stringify(name)} of its own`);
      checkWithin(before.value, caller, 'remove a role with');
      // Two gateways may have made namesakes at once; then the other one is what its keys have next.
      const next = (await settings.get(everywhere, name))?.value;
      if (next) checkWithin(next, caller, 'leave keys with');
      await settings.remove(organization, name, caller.keyId);
      return before.value;
    },
  };
}

const nameOf = (organization: string): string => (organization === everywhere ? 'the deployment' : organization);

/** A role as it is stored. A permission that this version does not know permits nothing. */
export function readRole(json: unknown): Role | undefined {
  const { description, permissions: names } = json as Partial<Role>;
  if (typeof description !== 'string' || !Array.isArray(names)) return undefined;
  return { description, permissions: permissions.filter((permission) => names.includes(permission)) };
}
