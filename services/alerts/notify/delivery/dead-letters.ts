import type { ClickHouseClient } from '../../../core/clients/clickhouse.js';
import type { Alert } from '../alert.js';
import { NotifyError } from '../errors.js';

/** A message that did not reach its receiver, and why. */
export interface DeadLetter {
  organizationId: string;
  deliveryId: string;
  channelId: string;
  channelName: string;
  kind: string;
  /** A FailureReason, or `queue_full`, `channel_removed`, `channel_disabled`. */
  reason: string;
  status: number;
  answer: string;
  attempts: number;
  message: { alerts: Alert[]; more: number; fingerprints: string[] };
  queuedAtMs: number;
  diedAtMs: number;
}

/** The same as it is shown. */
export interface DeadLetterView {
  delivery_id: string;
  channel_id: string;
  channel_name: string;
  kind: string;
  reason: string;
  /** What the receiver said last; 0 and '' where it said nothing. */
  status: number;
  answer: string;
  attempts: number;
  /** How many it tells of. */
  alerts: number;
  queued_at: string;
  died_at: string;
  redelivered_at: string | null;
}

export interface DeadLetterPage {
  dead_letters: DeadLetterView[];
  /** Of the next page; null at the end. */
  next_cursor: string | null;
}

/** Messages that were given up, in ClickHouse for 90 days. Every call rejects with `notify_unavailable` while ClickHouse is away. */
export interface DeadLetters {
  put(letters: readonly DeadLetter[]): Promise<void>;
  /** Newest first. Of one channel where it is given. */
  list(
    organization: string,
    options?: { channelId?: string | undefined; limit?: number | undefined; cursor?: string | undefined },
  ): Promise<DeadLetterPage>;
  /** Throws `dead_letter_unknown`. */
  get(organization: string, deliveryId: string): Promise<DeadLetter & { redeliveredAtMs: number | undefined }>;
  markRedelivered(letter: DeadLetter, by: string): Promise<void>;
  /** Out of the list, for good unless it is redelivered meanwhile and dies again. Throws `dead_letter_unknown`. */
  drop(organization: string, deliveryId: string, by: string): Promise<void>;
}

const queryTimeoutMs = 10_000;
export const mostDeadLetters = 200;
const defaultLimit = 50;
const cursorText = /^(\d{1,15})\.([0-9a-f-]{36})$/;

export function createDeadLetters({
  clickhouse,
  database,
  nowMs = Date.now,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  nowMs?: () => number;
}): DeadLetters {
  const ask = async <T>(command: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await command(AbortSignal.timeout(queryTimeoutMs));
    } catch (cause) {
      throw new NotifyError('notify_unavailable', 'dead letters cannot be read or written while ClickHouse is away', {
        cause,
      });
    }
  };
  const select = <T>(query: string, params: Record<string, unknown>): Promise<T[]> =>
    ask(async (abort_signal) => {
      const result = await clickhouse.query({
        query,
        query_params: { database, ...params },
        format: 'JSONEachRow',
        abort_signal,
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      return result.json<T>();
    });
  const insert = (values: Record<string, unknown>[]): Promise<unknown> =>
    ask((abort_signal) =>
      clickhouse.insert({ table: `${database}.alert_dead_letters`, format: 'JSONEachRow', values, abort_signal }),
    );

  const letters: DeadLetters = {
    async put(letters) {
      if (letters.length === 0) return;
      await insert(letters.map((letter) => ({ ...rowOf(letter, nowMs()), redelivered_at: null, redelivered_by: '' })));
    },
    async list(organization, { channelId = '', limit = defaultLimit, cursor } = {}) {
      const most = Math.max(1, Math.min(limit, mostDeadLetters));
      const [, beforeMs = '', beforeId = ''] = cursor === undefined ? [] : (cursorText.exec(cursor) ?? []);
      if (cursor !== undefined && beforeMs === '') {
        throw new NotifyError('channel_invalid', 'the cursor is none that this list gave', {
          faults: [{ pointer: '/cursor', detail: 'is none that this list gave' }],
        });
      }
      const rows = await select<ViewRow>(
        `SELECT delivery_id, channel_id, channel_name, kind, reason, status, answer, attempts, alerts,
            toUnixTimestamp64Milli(queued_at) AS queued_ms, toUnixTimestamp64Milli(died_at) AS died_ms,
            toUnixTimestamp64Milli(redelivered_at) AS redelivered_ms
          FROM {database:Identifier}.alert_dead_letters FINAL
          WHERE organization_id = {organization:String} AND dropped_at IS NULL AND ({channel:String} = '' OR channel_id = {channel:String})
            AND ({before:Int64} = 0 OR (died_ms, delivery_id) < ({before:Int64}, {beforeId:String}))
          ORDER BY died_ms DESC, delivery_id DESC LIMIT {most:UInt16}`,
        { organization, channel: channelId, before: Number(beforeMs), beforeId, most: most + 1 },
      );
      const page = rows.slice(0, most);
      const last = rows.length > most ? page.at(-1) : undefined;
      return { dead_letters: page.map(viewOfRow), next_cursor: last ? `${last.died_ms}.${last.delivery_id}` : null };
    },
    async get(organization, deliveryId) {
      const [row] = await select<ViewRow & { message: string }>(
        `SELECT delivery_id, channel_id, channel_name, kind, reason, status, answer, attempts, alerts, message,
            toUnixTimestamp64Milli(queued_at) AS queued_ms, toUnixTimestamp64Milli(died_at) AS died_ms,
            toUnixTimestamp64Milli(redelivered_at) AS redelivered_ms
          FROM {database:Identifier}.alert_dead_letters FINAL
          WHERE organization_id = {organization:String} AND delivery_id = {id:String} AND dropped_at IS NULL LIMIT 1`,
        { organization, id: deliveryId },
      );
      if (!row) throw new NotifyError('dead_letter_unknown', `there is no dead letter '${deliveryId}'`);
      return {
        organizationId: organization,
        deliveryId: row.delivery_id,
        channelId: row.channel_id,
        channelName: row.channel_name,
        kind: row.kind,
        reason: row.reason,
        status: row.status,
        answer: row.answer,
        attempts: row.attempts,
        message: JSON.parse(row.message) as DeadLetter['message'],
        queuedAtMs: row.queued_ms,
        diedAtMs: row.died_ms,
        redeliveredAtMs: row.redelivered_ms ?? undefined,
      };
    },
    async markRedelivered(letter, by) {
      const at = nowMs();
      await insert([{ ...rowOf(letter, at), redelivered_at: new Date(at).toISOString(), redelivered_by: by }]);
    },
    async drop(organization, deliveryId, by) {
      const letter = await letters.get(organization, deliveryId);
      const at = nowMs();
      await insert([{ ...rowOf(letter, at), dropped_at: new Date(at).toISOString(), dropped_by: by }]);
    },
  };
  return letters;
}

interface ViewRow {
  delivery_id: string;
  channel_id: string;
  channel_name: string;
  kind: string;
  reason: string;
  status: number;
  answer: string;
  attempts: number;
  alerts: number;
  queued_ms: number;
  died_ms: number;
  redelivered_ms: number | null;
}

/** Versions are times in microseconds, so that what was said later holds. */
const rowOf = (letter: DeadLetter, nowMs: number): Record<string, unknown> => ({
  organization_id: letter.organizationId,
  delivery_id: letter.deliveryId,
  version: nowMs * 1_000,
  channel_id: letter.channelId,
  channel_name: letter.channelName,
  kind: letter.kind,
  reason: letter.reason,
  status: letter.status,
  answer: letter.answer,
  attempts: letter.attempts,
  alerts: letter.message.alerts.length + letter.message.more,
  message: JSON.stringify(letter.message),
  queued_at: new Date(letter.queuedAtMs).toISOString(),
  died_at: new Date(letter.diedAtMs).toISOString(),
});

const viewOfRow = ({ queued_ms, died_ms, redelivered_ms, ...row }: ViewRow): DeadLetterView => ({
  ...row,
  queued_at: new Date(queued_ms).toISOString(),
  died_at: new Date(died_ms).toISOString(),
  redelivered_at: redelivered_ms === null ? null : new Date(redelivered_ms).toISOString(),
});
