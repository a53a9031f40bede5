import { createWake } from './wake.js';

/** What a connection takes. */
export interface Room {
  readonly hasRoom: boolean;
  /** Resolves when there is room, or nobody is there any more. */
  room(): Promise<void>;
}

/** How much a subscriber takes: what its connection has room for, within its window, unless it pauses. */
export interface Flow {
  /** So many events may go now. */
  readonly allowance: number;
  /** Resolves once some may go, or the subscription ends. */
  ready(): Promise<void>;
  sent(events: number, to: string): void;
  /** Whatever was sent up to the message with this `to` is done with. False where none such is outstanding. */
  acknowledge(to: string): boolean;
  pause(): void;
  resume(): void;
}

/** A pause may be long; nothing hangs on how often it is looked at. */
const lookMs = 60_000;

export function createFlow({
  room,
  window,
  signal,
}: {
  room: Room;
  /** Events that may be out without being acknowledged. */
  window: number | undefined;
  signal: AbortSignal;
}): Flow {
  const wake = createWake(signal);
  const outstanding: { to: string; events: number }[] = [];
  let out = 0;
  let paused = false;

  const allowed = (): number => {
    if (paused || !room.hasRoom) return 0;
    return window === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, window - out);
  };

  return {
    get allowance() {
      return allowed();
    },
    async ready() {
      while (!signal.aborted && allowed() === 0) {
        if (!room.hasRoom) await room.room();
        else await wake.wait(lookMs);
      }
    },
    sent(events, to) {
      if (window === undefined || events === 0) return;
      outstanding.push({ to, events });
      out += events;
    },
    acknowledge(to) {
      const at = outstanding.findIndex((message) => message.to === to);
      if (at < 0) return false;
      for (const { events } of outstanding.splice(0, at + 1)) out -= events;
      wake.ring();
      return true;
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      wake.ring();
    },
  };
}
