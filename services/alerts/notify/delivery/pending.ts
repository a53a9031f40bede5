import { createHash } from 'node:crypto';
import type { Alert } from '../alert.js';

/** An alert that waits for its channel, as the queue's order has it. */
export interface Waiting {
  id: string;
  fingerprint: string;
  /** Of `alertLevels`, 0 is the most urgent. */
  level: number;
  /** Ascending in the order of arrival. */
  place: number;
  queuedAtMs: number;
  /** Only those with the same may share a message. */
  group: string;
}

/** A message from its making to its end. It is written to Redis before the first attempt, so that every attempt sends the same. */
export interface Pending {
  deliveryId: string;
  alerts: Alert[];
  more: number;
  /** Of all alerts it tells of, the counted ones too: later news of these wait for it. */
  fingerprints: string[];
  attempts: number;
  dueAtMs: number;
  queuedAtMs: number;
  /** Where no attempt is left: why. Only the dead letters do not have it yet. */
  dead?: Death;
}

/** `id|level|time|group|fingerprint`, as a member of a sorted set; the fingerprint is anything. */
export const memberOf = ({ id, level, queuedAtMs, group, fingerprint }: Omit<Waiting, 'place'>): string =>
  [id, level, queuedAtMs, group, fingerprint].join('|');

export function waitingOf(member: string, place: number): Waiting {
  const [id = '', level = '', queuedAtMs = '', group = '', ...fingerprint] = member.split('|');
  return { id, level: Number(level), queuedAtMs: Number(queuedAtMs), group, fingerprint: fingerprint.join('|'), place };
}

export interface Death {
  reason: string;
  status: number;
  answer: string;
}

const digestOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** The same occasion of the same alert for the same channel has the same id, whoever says it and how often. */
export const notificationId = (channelId: string, alertId: string, occasion: string): string =>
  digestOf('notification', channelId, alertId, occasion).slice(0, 32);

/** Of the values that alerts must share. */
export const groupOf = (values: readonly string[]): string =>
  values.length === 0 ? '' : digestOf('group', ...values).slice(0, 16);

/** Of what it tells, as UUIDv8 (RFC 9562 §5.8): a message that is made again after Redis was lost has the id that it had. */
export function deliveryIdOf(notificationIds: readonly string[]): string {
  const hex = digestOf('delivery', ...notificationIds);
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
