import { overflow } from './errors.js';
import type { QueuedEvent } from './intake.js';
import type { QueueLimits } from './options.js';

/** Counts what waits in memory and refuses what goes beyond the limits. */
export interface QueueBudget {
  /** Takes all of the events, or throws `producer_overflow` and takes none. */
  take(events: QueuedEvent[]): void;
  /** Gives back what they took, once. */
  release(events: QueuedEvent[]): void;
  readonly events: number;
  readonly bytes: number;
}

export function createQueueBudget({
  limits,
  onChange = () => {},
}: {
  limits: QueueLimits;
  onChange?: (events: number, bytes: number) => void;
}): QueueBudget {
  let count = 0;
  let bytes = 0;
  return {
    take(events) {
      const added = events.reduce((sum, event) => sum + event.bytes, 0);
      if (count + events.length > limits.maxEvents) {
        throw overflow('the queue', `${count + events.length} events`, `queue.maxEvents=${limits.maxEvents}`);
      }
      if (bytes + added > limits.maxBytes) {
        throw overflow('the queue', `${bytes + added} bytes`, `queue.maxBytes=${limits.maxBytes}`);
      }
      count += events.length;
      bytes += added;
      for (const event of events) event.held = true;
      onChange(count, bytes);
    },
    release(events) {
      for (const event of events) {
        if (!event.held) continue;
        event.held = false;
        count -= 1;
        bytes -= event.bytes;
      }
      onChange(count, bytes);
    },
    get events() {
      return count;
    },
    get bytes() {
      return bytes;
    },
  };
}
