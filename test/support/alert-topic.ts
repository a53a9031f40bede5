import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { alertsTopic, ensureTopics } from '../../infra/kafka/topics.js';
import { type AlertChange, alertMessage, type Finding, fingerprintOf } from '../../services/alerts/findings/index.js';
import { uniqueName } from './stack.js';

/** A topic of changes of alerts that is this test's own, and a way to say something in it as an engine does. */
export interface AlertTopic {
  readonly topic: string;
  say(change: AlertChange, finding: Finding, atMs?: number): Promise<void>;
  /** What no engine would say. */
  sayText(text: string): Promise<void>;
  remove(): Promise<void>;
}

export async function createAlertTopic(kafka: Kafka): Promise<AlertTopic> {
  const topic = uniqueName('audit.alerts', '.');
  const admin = kafka.admin();
  await admin.connect();
  await ensureTopics({ admin, topics: [alertsTopic({ topic })] });
  const producer = kafka.producer();
  await producer.connect();
  const send = async (key: string, value: string): Promise<void> => {
    await producer.send({ topic, acks: -1, messages: [{ key, value }] });
  };
  return {
    topic,
    say: (change, finding, atMs = Date.now()) =>
      send(finding.fingerprint, JSON.stringify(alertMessage(change, finding, atMs))),
    sayText: (text) => send('', text),
    async remove() {
      await producer.disconnect();
      await admin.deleteTopics({ topics: [topic] });
      await admin.disconnect();
    },
  };
}

const hourUs = 3_600_000_000;

/** A spike of failed logins that began half an hour ago and is not over, or what `changes` make of it. */
export function someFinding(organizationId: string, changes: Partial<Finding> = {}): Finding {
  const at = Date.now() * 1_000 - hourUs / 2;
  return {
    id: randomUUID(),
    fingerprint: fingerprintOf('', 'spike', [organizationId, '198.51.100.7']),
    version: 1,
    organizationId,
    owner: '',
    rule: { id: 'spike', version: 'v1', title: 'Failed logins', author: 'A. Author', level: 'high' },
    group: { names: ['ip'], values: ['198.51.100.7'] },
    firstHitId: randomUUID(),
    firstHitUs: at,
    firstSeenUs: at,
    lastSeenUs: at,
    endsUs: at + hourUs,
    resolvesUs: at + hourUs,
    hits: 1,
    events: 6,
    eventIds: [randomUUID()],
    successor: undefined,
    ...changes,
  };
}
