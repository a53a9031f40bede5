import type { preHandlerAsyncHookHandler } from 'fastify';
import { ownScope } from '../query/asking.js';
import type { ScopeFor } from '../query/event-queries.js';
import type { Entitlements, Right } from './entitlements.js';

/** A pre-handler that lets through only what concerns organizations with the right. */
export const requireEntitlement =
  (entitlements: Entitlements, right: Right): preHandlerAsyncHookHandler =>
  async (request) =>
    (await entitlements.view()).check(ownScope(request), right);

/** Scopes that reach only organizations with the right, whichever a filter then names. */
export async function entitledScopes(entitlements: Entitlements, right: Right, scopeFor: ScopeFor): Promise<ScopeFor> {
  const view = await entitlements.view();
  return (asked) => {
    const scope = scopeFor(asked);
    view.check(scope, right);
    return scope;
  };
}
