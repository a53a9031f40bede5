import type { Permission } from '../../api/types.js';

/** GET /api/roles. */
export interface Role {
  name: string;
  built_in: boolean;
  /** Null for one of the whole deployment. */
  organization_id: string | null;
  description: string;
  permissions: Permission[];
}

export const pathOf = ({ name, organization_id }: Pick<Role, 'name' | 'organization_id'>): string =>
  organization_id === null
    ? `/api/roles/${encodeURIComponent(name)}`
    : `/api/organizations/${encodeURIComponent(organization_id)}/roles/${encodeURIComponent(name)}`;

/** Why a new role cannot be called so. One that is there would be replaced: saving puts it, whoever made it. */
export function wrongName(name: string, organization: string | null, roles: readonly Role[]): string | undefined {
  if (name === '') return undefined;
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name)) {
    return 'A lower case letter first, then lower case letters, digits, - and _; 64 at most.';
  }
  const there = roles.find((role) => role.name === name && (role.built_in || role.organization_id === organization));
  if (!there) return undefined;
  return there.built_in ? 'This one is built in.' : 'This one is there already: change it in the list.';
}
