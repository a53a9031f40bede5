import type { Problem } from '../errors.js';
import type { ActOrigin } from '../registry/system-log.js';
import type { AccessLog } from '../watch/access-log.js';
import { filterNoted } from '../watch/watching.js';
import type { Interest } from './interest.js';
import type { Wanted } from './subscription-set.js';

/**
 * Writes down who watches: that a subscription began, and that it ended with how many events. Never the events themselves, so that the
 * stream that shows these notes makes no more of them.
 */
export interface Watched {
  begun(wanted: Wanted, interest: Interest): void;
  ended(wanted: Wanted, interest: Interest, results: number): void;
  /** Also of a peer that may not see any events, before it asked for some. */
  refused(wanted: Pick<Wanted, 'filter'>, problem: Problem): void;
}

export function createWatched({
  accessLog,
  route,
  origin,
}: {
  accessLog: Pick<AccessLog, 'note'>;
  route: string;
  origin: Omit<ActOrigin, 'caller'>;
}): (caller: ActOrigin['caller']) => Watched {
  return (caller) => {
    const note = (
      outcome: 'success' | 'denied',
      { filter }: Pick<Wanted, 'filter'>,
      { state, organization, results }: { state: string; organization?: string | undefined; results?: number },
    ): void =>
      accessLog.note(
        {
          action: 'audit.streamed',
          organization,
          outcome,
          details: { route, state, filter: filterNoted(filter) },
          results,
        },
        { ...origin, caller },
      );
    return {
      begun: (wanted, interest) => note('success', wanted, { state: 'begun', organization: organizationOf(interest) }),
      ended: (wanted, interest, results) =>
        note('success', wanted, { state: 'ended', organization: organizationOf(interest), results }),
      // Whoever was refused has no business in any organization's log.
      refused: (wanted, { kind }) => {
        if (kind === 'forbidden') note('denied', wanted, { state: 'refused' });
      },
    };
  };
}

/** The one organization that it was about; undefined for several, and for the system scope. */
function organizationOf({ scope }: Interest): string | undefined {
  if (scope.kind === 'system' || scope.organizations === '*') return undefined;
  return scope.organizations.length === 1 ? scope.organizations[0] : undefined;
}
