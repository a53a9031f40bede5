import type { AuditEvent } from '../api/types.js';

/** The WebSocket subprotocol (docs/guides/live.md). */
export const subprotocol = 'audit.v1';

/** Messages of the gateway that the console acts on; others are passed over. */
export type ServerMessage =
  | { type: 'subscribed' | 'caught_up' | 'paused' | 'resumed'; id: string; cursor?: string }
  | { type: 'events'; id: string; events: AuditEvent[]; from: string; to: string }
  | { type: 'alerts'; id: string; changes: unknown[] }
  | { type: 'dropped'; id: string; count: number; to?: string }
  | { type: 'problem'; id?: string; problem: Record<string, unknown>; cursor?: string }
  | { type: 'pong' };

/** Undefined for what is no message. */
export function readServerMessage(frame: string): ServerMessage | undefined {
  try {
    const message: unknown = JSON.parse(frame);
    return typeof message === 'object' && message !== null && 'type' in message
      ? (message as ServerMessage)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Pauses between connections: doubling, spread so that a gateway's clients do not all come back at once. */
export function createBackoff({
  firstMs = 500,
  mostMs = 15_000,
  random = Math.random,
}: {
  firstMs?: number;
  mostMs?: number;
  random?: () => number;
} = {}): { next(): number; reset(): void } {
  let tried = 0;
  return {
    next: () => Math.round(Math.min(firstMs * 2 ** tried++, mostMs) * (0.75 + random() / 2)),
    reset: () => {
      tried = 0;
    },
  };
}
