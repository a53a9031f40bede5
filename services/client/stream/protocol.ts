import type { AlertChange } from '../alert.js';
import type { AuditEvent } from '../event.js';

/** The WebSocket subprotocol; docs/guides/live.md describes it. */
export const subprotocol = 'audit.v1';

/** Messages of the gateway, as far as this client acts on them. Others may come and are passed over. */
export type ServerMessage =
  | { type: 'subscribed'; id: string; cursor: string }
  | { type: 'events'; id: string; events: AuditEvent[]; from: string; to: string }
  | { type: 'alerts'; id: string; changes: AlertChange[] }
  | { type: 'caught_up'; id: string; cursor: string }
  | { type: 'dropped'; id: string; count: number }
  | { type: 'problem'; id?: string; problem: Record<string, unknown>; cursor?: string };

/** Undefined for what is no message of the protocol. */
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
