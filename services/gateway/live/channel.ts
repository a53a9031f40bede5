import { type FrameFormat, type SharedMessage, sharedMessage } from './frames.js';
import { type Interest, isOf } from './interest.js';
import type { LiveEvent } from './live-event.js';
import type { Projection } from './projection.js';

/** A subscription at the live head. */
export interface Follower {
  readonly format: FrameFormat;
  /**
   * Offers a message; `frame` builds its bytes behind the cursor that the peer was told last. Whoever refuses leaves, and stands where
   * it stood before.
   */
  offer(message: SharedMessage, frame: (from: string) => Buffer): Offered;
}

export type Offered = 'taken' | 'dropped' | 'refused';

/** Followers of one interest: each event is matched and written once for all of them. */
export interface Channel {
  readonly followers: Set<Follower>;
  /** `texts` writes an event. */
  publish(
    events: readonly LiveEvent[],
    to: string,
    texts: (projection: Projection, event: LiveEvent) => string,
  ): Published;
}

/** Events over all followers, and who refused them. */
export interface Published {
  taken: number;
  dropped: number;
  refused: Follower[];
}

export function createChannel(interest: Interest): Channel {
  const followers = new Set<Follower>();
  return {
    followers,
    publish(events, to, texts) {
      const published: Published = { taken: 0, dropped: 0, refused: [] };
      const own = events.filter((event) => isOf(interest, event));
      if (own.length === 0) return published;
      const message = sharedMessage(
        own.map((event) => texts(interest.projection, event)),
        to,
      );
      const frameFor = sharedFrames(message);
      for (const follower of followers) {
        const offered = follower.offer(message, (from) => frameFor(follower.format, from));
        if (offered === 'refused') published.refused.push(follower);
        else published[offered] += own.length;
      }
      return published;
    },
  };
}

/** Builds each different frame of a message once. */
function sharedFrames(message: SharedMessage): (format: FrameFormat, from: string) => Buffer {
  const frames = new Map<string, Buffer>();
  let last: { key: string; from: string; frame: Buffer } | undefined;
  return (format, from) => {
    // Nearly always those of a channel were told the same before.
    if (last?.from === from && last.key === format.key) return last.frame;
    const key = `${from} ${format.key}`;
    let frame = frames.get(key);
    if (!frame) {
      frame = format.events(from, message);
      frames.set(key, frame);
    }
    last = { key: format.key, from, frame };
    return frame;
  };
}
