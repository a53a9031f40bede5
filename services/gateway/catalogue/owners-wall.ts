import { ownersOnlyActions } from '../../core/catalogue/index.js';
import type { Authenticator, Caller } from '../auth/caller.js';
import { Problem } from '../errors.js';
import type { Definitions } from './definitions.js';
import { type HiddenActions, isOwner } from './hidden.js';

/**
 * Tells callers at the door what is hidden from them, what organizations defined themselves included. Whoever comes in without passing here is
 * still kept from what the catalogue hides (hidden.ts).
 */
export function withHiddenActions<A extends Authenticator>(authenticator: A, definitions: Definitions): A {
  /** A view, not a copy: a stream that stays open for days sees what is hidden today. */
  const hidden: HiddenActions = {
    everywhere: ownersOnlyActions,
    get of() {
      return definitions.hidden;
    },
  };
  const told = async (caller: Caller): Promise<Caller> => {
    // Who only writes is not kept waiting for what concerns readers.
    if (isOwner(caller) || [...caller.permissions].every((permission) => permission === 'write:events')) return caller;
    await definitions.fresh();
    return { ...caller, hidden };
  };
  return {
    ...authenticator,
    ofHeaders: async (headers, method) => told(await authenticator.ofHeaders(headers, method)),
    ofKey: async (key) => told(await authenticator.ofKey(key)),
    ...(authenticator.again ? { again: async (caller: Caller) => told(await authenticator.again!(caller)) } : {}),
    ofTicket: async (ticket) => {
      if (!authenticator.ofTicket) throw new Problem('unauthenticated', 'no tickets are known here');
      const { caller, again } = await authenticator.ofTicket(ticket);
      return { caller: await told(caller), again: async () => told(await again()) };
    },
  };
}
