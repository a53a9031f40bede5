import { WebSocket } from 'ws';

/** The sending half of a connection. */
export interface Outgoing {
  /** Sends at once; small answers, of which rate limits bound the number. */
  send(message: object): void;
  /** Sends, and resolves when there is room for more or the connection is gone. */
  sendWhenRoom(frame: string): Promise<void>;
  stop(): void;
}

/**
 * Watches what the peer takes. `onStall` is called once, when more than `unsentBytes` have waited for `stallMs` without becoming
 * fewer.
 */
export function createOutgoing({
  socket,
  unsentBytes,
  stallMs,
  onStall,
}: {
  socket: WebSocket;
  unsentBytes: number;
  stallMs: number;
  onStall: () => void;
}): Outgoing {
  let waiting: (() => void)[] = [];
  let least = 0;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;

  const hasRoom = (): boolean => socket.readyState !== WebSocket.OPEN || socket.bufferedAmount <= unsentBytes;

  const settle = (): void => {
    const now = performance.now();
    if (hasRoom()) {
      clearInterval(timer);
      timer = undefined;
      const due = waiting;
      waiting = [];
      for (const resolve of due) resolve();
    } else if (socket.bufferedAmount < least) {
      least = socket.bufferedAmount;
      since = now;
    } else if (now - since >= stallMs) {
      since = now;
      onStall();
    }
  };

  return {
    send: (message) => socket.send(JSON.stringify(message)),
    async sendWhenRoom(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(frame, settle);
      if (hasRoom()) return;
      if (!timer) {
        least = socket.bufferedAmount;
        since = performance.now();
        timer = setInterval(settle, Math.min(1_000, stallMs / 4));
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
