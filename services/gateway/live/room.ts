import type { Writable } from 'node:stream';
import type { Room } from './flow.js';

/**
 * Watches what the other end takes of what is written. `onStall` is called when more than `unsentBytes` have waited for `stallMs`
 * without becoming fewer.
 */
export function createRoom({
  wire,
  isOpen,
  unsentBytes,
  stallMs,
  onStall,
}: {
  wire: Writable;
  isOpen: () => boolean;
  unsentBytes: number;
  stallMs: number;
  onStall: () => void;
}): Room & { stop(): void } {
  let waiting: (() => void)[] = [];
  let least = 0;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;

  const hasRoom = (): boolean => wire.writableLength <= unsentBytes || !isOpen();

  const release = (): void => {
    clearInterval(timer);
    timer = undefined;
    wire.off('drain', settle);
    const due = waiting;
    waiting = [];
    for (const resolve of due) resolve();
  };

  const settle = (): void => {
    const now = performance.now();
    if (hasRoom()) release();
    else if (wire.writableLength < least) {
      least = wire.writableLength;
      since = now;
    } else if (now - since >= stallMs) {
      since = now;
      onStall();
    }
  };

  return {
    get hasRoom() {
      return hasRoom();
    },
    async room() {
      if (hasRoom()) return;
      if (!timer) {
        least = wire.writableLength;
        since = performance.now();
        timer = setInterval(settle, Math.min(1_000, stallMs / 4));
        wire.on('drain', settle);
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    stop: release,
  };
}
