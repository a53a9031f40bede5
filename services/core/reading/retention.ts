import kafkajs, { type Kafka } from 'kafkajs';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';

/** How long Kafka keeps a topic's records. */
export interface Retention {
  /** `retention.ms`; undefined where it is unlimited. */
  retentionMs: number | undefined;
  /** How much time one file spans at most: its oldest record goes with its newest (`segment.ms`). */
  segmentMs: number;
}

/** Kafka looks every five minutes (`log.retention.check.interval.ms`), and deletes files a minute later (`file.delete.delay.ms`). */
const lookMs = 10 * 60_000;

/** When the last of the records that are there now is gone from Kafka at the latest; undefined for never. */
export const goneByMs = ({ retentionMs, segmentMs }: Retention, nowMs: number): number | undefined =>
  retentionMs === undefined ? undefined : nowMs + retentionMs + segmentMs + lookMs;

export async function readRetention({ kafka, topic }: { kafka: Kafka; topic: string }): Promise<Retention> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms', 'segment.ms'] },
      ],
    });
    const value = (name: string): number =>
      Number(resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue);
    const [retentionMs, segmentMs] = [value('retention.ms'), value('segment.ms')];
    // Where Kafka does not say it, nothing can be promised.
    const limited = Number.isFinite(retentionMs) && retentionMs >= 0 && Number.isFinite(segmentMs);
    return { retentionMs: limited ? retentionMs : undefined, segmentMs: limited ? segmentMs : 0 };
  } finally {
    await admin.disconnect();
  }
}

/** Says so in the log where the raw topic keeps what was erased for ever. For the start of whoever works with the topic; never rejects. */
export async function warnOfRetention(where: { kafka: Kafka; topic: string; log: Logger }): Promise<void> {
  const { topic, log } = where;
  try {
    const retention = await readRetention(where);
    if (retention.retentionMs !== undefined) {
      log.info({ topic, ...retention }, 'retention of the raw topic, which bounds how long erased parts stay in Kafka');
      return;
    }
    log.warn(
      { topic },
      `Kafka keeps the records of ${topic} for ever (retention.ms=-1): what is erased stays there. Set retention.ms, ` +
        'for example to 604800000 (7 days): docs/guides/erasure.md',
    );
  } catch (error) {
    log.warn({ topic, error: messageOf(error) }, 'the retention of the raw topic could not be read');
  }
}
