import type { Writable } from 'node:stream';
import { WebSocket } from 'ws';
import type { Room } from './flow.js';
import type { ServerMessage } from './protocol.js';
import { createRoom } from './room.js';

/** The sending half of a WebSocket. */
export interface Outgoing extends Room {
  /** Sends at once; small answers, of which rate limits bound the number. */
  send(message: ServerMessage): void;
  /** Sends the bytes of whole frames, made elsewhere and shared with others. */
  write(frame: Buffer): void;
  stop(): void;
}

export function createOutgoing({
  socket,
  wire,
  ...watched
}: {
  socket: WebSocket;
  /** What the socket writes to. Its own frames go out whole and at once, as nothing is compressed, so others fit between them. */
  wire: Writable;
  unsentBytes: number;
  stallMs: number;
  /** The peer has taken nothing for `stallMs`, with more than `unsentBytes` waiting. */
  onStall: () => void;
}): Outgoing {
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  const room = createRoom({ wire, isOpen, ...watched });
  return {
    send(message) {
      if (isOpen()) socket.send(JSON.stringify(message));
    },
    write(frame) {
      if (isOpen()) wire.write(frame);
    },
    get hasRoom() {
      return room.hasRoom;
    },
    room: room.room,
    stop: room.stop,
  };
}
