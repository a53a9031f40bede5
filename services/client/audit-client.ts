import type { Kafka } from 'kafkajs';
import { createKafka } from '../core/clients/kafka.js';
import { messageOf } from '../core/errors.js';
import type { EventInput } from '../core/event/index.js';
import { createLogger, type Logger } from '../core/log.js';
import { signingKeyFromPem } from '../core/seal/index.js';
import { createProducer, type Producer, type ProducerOptions } from '../producer/index.js';

export type AuditClientOptions = Omit<ProducerOptions, 'kafka' | 'key' | 'topic' | 'log'> & {
  /** Where Kafka is; or `kafka`, a kafkajs client of your own (TLS, SASL). */
  brokers?: string[];
  kafka?: Kafka;
  /** The producer's Ed25519 key, PKCS#8 PEM, as its public half is registered. */
  privateKey: string | Buffer;
  /** Default audit.events. */
  topic?: string;
  /** For events that name no organization and are not of the system scope. */
  organizationId?: string;
  /** For events that name no service. */
  service?: string;
  /** Default: warnings and errors as JSON lines on stdout. */
  log?: Logger;
};

/** The producer itself tries again for ever; kafkajs shall come back to it soon, so that it knows how things stand. */
const connectRetry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 2 };

/**
 * Signs audit events with your own key and publishes them to Kafka. Make one per process and close it before the process ends. It
 * connects in the background; events may be given to it at once. docs/guides/producer.md says what each call promises.
 */
export class AuditClient {
  readonly #producer: Producer;
  readonly #started: Promise<void>;
  readonly #defaults: { organizationId: string | undefined; service: string | undefined };

  constructor({
    brokers,
    kafka,
    privateKey,
    topic = 'audit.events',
    organizationId,
    service,
    log = createLogger('sealstream-client', 'warn'),
    ...options
  }: AuditClientOptions) {
    if ((brokers === undefined) === (kafka === undefined)) {
      throw new TypeError('AuditClient takes either brokers or kafka, and exactly one of them');
    }
    this.#defaults = { organizationId, service };
    this.#producer = createProducer({
      ...options,
      kafka: kafka ?? createKafka({ brokers: brokers!, clientId: options.producerId, log, retry: connectRetry }),
      key: signingKeyFromPem(privateKey),
      topic,
      log,
    });
    this.#started = this.#producer.start();
    this.#started.catch((error) => log.error({ error: messageOf(error) }, 'the audit client did not start'));
  }

  /** Resolves once Kafka knows this producer. Rejects with what keeps it from starting; every later call then throws the same. */
  start(): Promise<void> {
    return this.#started;
  }

  /** Resolves when Kafka has the event on all in-sync replicas. */
  log(event: EventInput, options?: { laneKey?: string }): ReturnType<Producer['log']> {
    return this.#producer.log(this.#complete(event), options);
  }

  /** Takes the event and returns its id at once. Throws `producer_overflow` when there is no room for it. */
  enqueue(event: EventInput, options?: { laneKey?: string }): string {
    return this.#producer.enqueue(this.#complete(event), options);
  }

  /** Resolves once every event taken so far is in Kafka, or on disk while Kafka is away. Rejects when enqueued ones were given up. */
  flush(): Promise<void> {
    return this.#producer.flush();
  }

  /** Flushes, says goodbye in each lane, and disconnects. Rejects when enqueued events were given up. */
  close(): Promise<void> {
    return this.#producer.close();
  }

  #complete(event: EventInput): EventInput {
    const { organizationId, service } = this.#defaults;
    const takesOrganization = organizationId !== undefined && event.scope !== 'system';
    return {
      ...(takesOrganization ? { organization_id: organizationId } : {}),
      ...(service !== undefined ? { service } : {}),
      ...event,
    };
  }
}
