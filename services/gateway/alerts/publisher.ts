import type { Kafka, Producer } from 'kafkajs';
import type { AlertMessage } from '../../alerts/findings/index.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';

/** Tells the topic of alerts what people did. */
export interface AlertPublisher {
  /** Resolves once Kafka has it, or has not for a while: what people did is stored already, the topic only spreads it. */
  publish(message: AlertMessage): Promise<void>;
  stop(): Promise<void>;
}

const timeoutMs = 5_000;

/** Connects when first needed. */
export function createAlertPublisher({
  kafka,
  topic,
  log,
}: {
  kafka: Kafka;
  topic: string;
  log: Logger;
}): AlertPublisher {
  let connected: Promise<Producer> | undefined;
  const producer = (): Promise<Producer> => {
    connected ??= (async () => {
      const made = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 2 } });
      await made.connect();
      return made;
    })().catch((error) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
  return {
    async publish(message) {
      try {
        const messages = [{ key: message.alert.fingerprint, value: JSON.stringify(message) }];
        await (await producer()).send({ topic, acks: -1, timeout: timeoutMs, messages });
      } catch (error) {
        log.warn({ topic, alert: message.alert.id, error: messageOf(error) }, 'a change of an alert was not published');
      }
    },
    async stop() {
      await connected?.then((made) => made.disconnect()).catch(() => {});
    },
  };
}
