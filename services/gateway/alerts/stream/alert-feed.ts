import type { Kafka } from 'kafkajs';
import {
  type ActionTable,
  alertState,
  type ReadAlertMessage,
  type SilenceTable,
} from '../../../alerts/findings/index.js';
import { messageOf } from '../../../core/errors.js';
import { formatTimestampUs } from '../../../core/event/time.js';
import type { Logger } from '../../../core/log.js';
import { retry } from '../../../core/retry.js';
import type { Caller } from '../../auth/caller.js';
import type { Entitlements } from '../../entitlements/entitlements.js';
import { Problem } from '../../errors.js';
import { alertAnswer } from '../alerts/alerts.js';
import type { AlertScope } from '../whose.js';
import { type AlertInterest, isOfState, mayConcern, readAlertInterest } from './alert-interest.js';
import { createAlertTail } from './alert-tail.js';

/** Hears changes of alerts. */
export interface AlertFollower {
  /** JSON text of `{change, at, alert}`. Returns at once. */
  take(change: string): void;
  /** Nothing more comes, and why. */
  end(problem: Problem): void;
}

export interface AlertAsked {
  filter: Readonly<Record<string, unknown>>;
  /** What the header X-Organization-Id chose. */
  organization: string | undefined;
}

/** Changes of alerts as they happen, to whom they concern. There is no history in it: that is GET /api/alerts. */
export interface AlertFeed {
  /**
   * Resolves once everything that is published from then on will be heard. Rejects with a Problem: invalid-request, forbidden,
   * not-entitled, unavailable.
   */
  follow(caller: Caller, asked: AlertAsked, follower: AlertFollower): Promise<{ leave(): void }>;
  stop(): Promise<void>;
}

/** Looked up at once. */
const mostAtOnce = 200;
/** Below the session timeout of the reader: what cannot be looked up for so long is read again. */
const lookUpMs = 20_000;

export function createAlertFeed({
  kafka,
  topic,
  actions,
  silences,
  entitlements,
  log,
}: {
  kafka: Kafka;
  topic: string;
  actions: ActionTable;
  silences: SilenceTable;
  entitlements: Entitlements;
  log: Logger;
}): AlertFeed {
  const following = new Map<AlertFollower, AlertInterest>();

  /** The alert as GET /api/alerts showed it when the change was made. */
  const answersOf = async (changes: readonly ReadAlertMessage[]) => {
    const findings = changes.map(({ finding }) => finding);
    const owners = [...new Set(['', ...findings.map(({ organizationId }) => organizationId)])];
    const oldestUs = Math.min(...changes.map(({ atUs }) => atUs));
    const [done, lasting] = await Promise.all([actions.of(findings), silences.of(owners, oldestUs)]);
    return changes.map(({ change, finding, atUs }) => {
      const own = done.get(finding.id) ?? [];
      const state = alertState({ finding, actions: own, silences: lasting, nowUs: atUs });
      const said = { change, at: formatTimestampUs(atUs), alert: alertAnswer(finding, state) };
      return { state, json: JSON.stringify(said) };
    });
  };

  const handOn = async (changes: readonly ReadAlertMessage[]): Promise<void> => {
    const wanted = changes.filter((one) => [...following.values()].some((interest) => mayConcern(interest, one)));
    if (wanted.length === 0) return;
    const tryUntil = AbortSignal.timeout(lookUpMs);
    const answers = await retry(() => answersOf(wanted), {
      signal: tryUntil,
      mostMs: 2_000,
      onFailure: (error) => log.warn({ error: messageOf(error) }, 'changes of alerts wait until they can be looked up'),
    });
    await endUnentitled();
    for (const [at, { state, json }] of answers.entries()) {
      for (const [follower, interest] of following) {
        if (mayConcern(interest, wanted[at]!) && isOfState(interest, state)) follower.take(json);
      }
    }
  };

  const check = async ({ organizations }: AlertScope): Promise<void> =>
    (await entitlements.view()).check({ kind: 'organizations', organizations }, 'alerts');

  const endUnentitled = async (): Promise<void> => {
    for (const [follower, { scope }] of [...following]) {
      try {
        await check(scope);
      } catch (error) {
        // While rights cannot be looked up, nobody lost any that we know of.
        if (!(error instanceof Problem) || error.kind !== 'not-entitled') continue;
        following.delete(follower);
        follower.end(error);
      }
    }
  };

  const tail = createAlertTail({
    kafka,
    topic,
    async onChanges(changes) {
      for (let at = 0; at < changes.length; at += mostAtOnce) await handOn(changes.slice(at, at + mostAtOnce));
    },
    onLost() {
      const lost = new Problem('unavailable', 'changes of alerts were lost; subscribe again, then list alerts');
      for (const follower of [...following.keys()]) {
        following.delete(follower);
        follower.end(lost);
      }
    },
    log,
  });

  return {
    async follow(caller, asked, follower) {
      const interest = readAlertInterest(caller, asked);
      await check(interest.scope);
      await tail.started();
      following.set(follower, interest);
      return { leave: () => void following.delete(follower) };
    },
    stop: tail.stop,
  };
}
