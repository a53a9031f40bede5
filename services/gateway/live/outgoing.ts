import type { Writable } from 'node:stream';
import { WebSocket } from 'ws';

/** The sending half of a connection. */
export interface Outgoing {
  /** Sends at once; small answers, of which rate limits bound the number. */
  send(message: object): void;
  /** Sends the bytes of whole frames, made elsewhere and shared with others. */
  write(frame: Buffer): void;
  /** Whether the peer takes what it is sent, but for `unsentBytes`. */
  readonly hasRoom: boolean;
  /** Resolves when there is room or the connection is gone. */
  room(): Promise<void>;
  stop(): void;
}

/**
 * Watches what the peer takes. `onStall` is called once, when more than `unsentBytes` have waited for `stallMs` without becoming
 * fewer.
 */
export function createOutgoing({
  socket,
  wire,
  unsentBytes,
  stallMs,
  onStall,
}: {
  socket: WebSocket;
  /** What the socket writes to. Its own frames go out whole and at once, as nothing is compressed, so others fit between them. */
  wire: Writable;
  unsentBytes: number;
  stallMs: number;
  onStall: () => void;
}): Outgoing {
  let waiting: (() => void)[] = [];
  let least = 0;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;

  const hasRoom = (): boolean => wire.writableLength <= unsentBytes || socket.readyState !== WebSocket.OPEN;

  const settle = (): void => {
    const now = performance.now();
    if (hasRoom()) {
      clearInterval(timer);
      timer = undefined;
      wire.off('drain', settle);
      const due = waiting;
      waiting = [];
      for (const resolve of due) resolve();
    } else if (wire.writableLength < least) {
      least = wire.writableLength;
      since = now;
    } else if (now - since >= stallMs) {
      since = now;
      onStall();
    }
  };

  return {
    send: (message) => socket.send(JSON.stringify(message)),
    write(frame) {
      if (socket.readyState === WebSocket.OPEN) wire.write(frame);
    },
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
    stop() {
      clearInterval(timer);
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}
