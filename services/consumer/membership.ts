import { AssignmentLost } from './errors.js';

/**
 * When Kafka last said that this consumer is a member of its group. A process that was suspended does not know that its partitions
 * went to another; this is how it notices before it writes (docs/decisions/0012-delivery.md).
 */
export interface Membership {
  /**
   * Kafka confirmed what was sent at `sentAt`, in milliseconds since 1970: a heartbeat, a join or a commit. The time of the answer says
   * nothing, because the answer waits for a process that is suspended.
   */
  prove(sentAt: number): void;
  /** Milliseconds since the newest confirmed request was sent. */
  age(): number;
  /** Throws AssignmentLost when the last proof is too old to write on. */
  permit(): void;
}

export function createMembership({
  trustMs,
  wallClock = Date.now,
  steadyClock = () => performance.now(),
}: {
  /** How long a proof holds: no longer than the group's session timeout. */
  trustMs: number;
  wallClock?: () => number;
  steadyClock?: () => number;
}): Membership {
  let wall = Number.NEGATIVE_INFINITY;
  let steady = Number.NEGATIVE_INFINITY;
  // Two clocks: the steady one stands still while a machine sleeps, the other may be set back.
  const age = (): number => Math.max(wallClock() - wall, steadyClock() - steady);
  return {
    prove(sentAt) {
      const sentSteady = steadyClock() - Math.max(0, wallClock() - sentAt);
      if (sentSteady < steady) return;
      wall = sentAt;
      steady = sentSteady;
    },
    age,
    permit() {
      const ageMs = age();
      if (ageMs > trustMs) {
        throw new AssignmentLost(
          `Kafka last confirmed this group member ${Math.round(ageMs)} ms ago, more than ${trustMs} ms: its partitions may be another's`,
        );
      }
    },
  };
}
