import type { Settings } from '../auth/settings.js';
import { Problem } from '../errors.js';
import type { TenantScope } from '../query/scope.js';

/** What an organization has a right to. Its events are captured whatever it is. */
export interface Entitlement {
  plan: string;
  /** How long its events are to be kept; null for as long as the deployment keeps them. */
  retention_days: number | null;
  persistentLogging: boolean;
  export: boolean;
  alerts: boolean;
}

/** What can be missing. */
export type Right = 'export' | 'alerts';

/** Of an organization of which nothing is set: a deployment without plans withholds nothing. */
export const everything: Entitlement = {
  plan: 'default',
  retention_days: null,
  persistentLogging: true,
  export: true,
  alerts: true,
};

/** Entitlements as they were when it was asked for. */
export interface EntitlementView {
  of(organization: string): Entitlement;
  /**
   * Throws not-entitled (402) for the first organization of the scope that lacks the right. Every organization at once, and the system
   * scope, are the operator's own to look at.
   */
  check(scope: TenantScope, right: Right): void;
  /** Whether all of the scope's organizations have persistent logging. */
  persistentLogging(scope: TenantScope): boolean;
}

export interface Entitlements {
  /** Rejects with unavailable where entitlements were never read and cannot be. */
  view(): Promise<EntitlementView>;
  put(organization: string, entitlement: Entitlement, changedBy: string): Promise<void>;
}

export function createEntitlements({ settings }: { settings: Settings<Entitlement> }): Entitlements {
  return {
    async view() {
      const lookUp = await settings.view();
      const of = (organization: string): Entitlement => lookUp(organization, name)?.value ?? everything;
      return {
        of,
        check(scope, right) {
          const lacking = organizationsOf(scope).find((organization) => !of(organization)[right]);
          if (lacking !== undefined) throw notEntitled(lacking, of(lacking), right);
        },
        persistentLogging: (scope) =>
          organizationsOf(scope).every((organization) => of(organization).persistentLogging),
      };
    },
    async put(organization, entitlement, changedBy) {
      await settings.put(organization, name, entitlement, changedBy);
    },
  };
}

/** An organization has one. */
const name = '';

const organizationsOf = (scope: TenantScope): readonly string[] =>
  scope.kind === 'organizations' && scope.organizations !== '*' ? scope.organizations : [];

function notEntitled(organization: string, { plan }: Entitlement, right: Right): Problem {
  const detail = `the plan ${JSON.stringify(plan)} of organization ${JSON.stringify(organization)} does not include ${right}`;
  return new Problem('not-entitled', `${detail}; its events are captured all the same`, {
    extensions: { required_entitlement: right, organization_id: organization, plan },
  });
}

/** As stored. What is not said there is not withheld. */
export function readEntitlement(json: unknown): Entitlement | undefined {
  return typeof json === 'object' && json !== null ? { ...everything, ...json } : undefined;
}
