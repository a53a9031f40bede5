import type { HiddenActions } from '../catalogue/hidden.js';
import { Problem } from '../errors.js';
import type { TenantScope } from './scope.js';

/** The organizations that a credential may see. */
export type PermittedOrganizations = '*' | readonly string[];

/**
 * The tenant scope of a request. The credential permits; the header X-Organization-Id and the parameter organization_id only choose
 * among what it permits. Throws forbidden for any other organization, whether it exists or not.
 */
export function tenantOf({
  permitted,
  header,
  asked,
  hidden,
}: {
  permitted: PermittedOrganizations;
  header?: string | undefined;
  asked?: readonly string[] | undefined;
  /** What the caller may not see within them (catalogue/hidden.ts). */
  hidden?: HiddenActions | undefined;
}): TenantScope {
  const byHeader = header === undefined ? permitted : choose(permitted, [header], 'the credential');
  const organizations = asked === undefined ? byHeader : choose(byHeader, asked, header ?? 'the credential');
  return { kind: 'organizations', organizations, ...(hidden ? { hidden } : {}) };
}

function choose(permitted: PermittedOrganizations, asked: readonly string[], by: string): readonly string[] {
  const other = permitted === '*' ? undefined : asked.find((organization) => !permitted.includes(organization));
  if (other === undefined) return [...new Set(asked)];
  throw new Problem('forbidden', `organization ${JSON.stringify(other)} is not among those of ${by}`);
}
