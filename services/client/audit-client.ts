import { createKafka } from '../core/clients/kafka.js';
import { messageOf } from '../core/errors.js';
import type { EventInput } from '../core/event/index.js';
import { createLogger } from '../core/log.js';
import { signingKeyFromPem } from '../core/seal/index.js';
import { createProducer, type Producer } from '../producer/index.js';
import type { AlertChange } from './alert.js';
import { AuditClientError } from './errors.js';
import type { AuditEvent, PartialAuditEvent } from './event.js';
import { type AuditClientOptions, type KafkaClientOptions, splitOptions } from './options.js';
import type { AuditQuery, AuditTrail } from './query/trail.js';
import { createReader, type Reader } from './reader.js';
import type { AlertStream, AlertStreamOptions } from './stream/alert-stream.js';
import type { AuditStream, StreamOptions } from './stream/stream.js';

/** The producer itself tries again for ever; kafkajs shall come back to it soon, so that it knows how things stand. */
const connectRetry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 2 };

/**
 * Logs audit events and reads them. With `brokers` (or `kafka`) and a key it signs events and publishes them to Kafka:
 * docs/guides/producer.md says what each call promises. With `url` and `apiKey` it asks the gateway: docs/guides/client.md. Make one per
 * process and close it before the process ends.
 */
export class AuditClient {
  readonly #producer: Producer | undefined;
  readonly #reader: Reader | undefined;
  readonly #started: Promise<void>;
  readonly #defaults: { organizationId: string | undefined; service: string | undefined };

  constructor(options: AuditClientOptions) {
    const { organizationId, toGateway, toKafka } = splitOptions(options);
    this.#defaults = { organizationId, service: toKafka?.service };
    this.#reader = toGateway && createReader(toGateway, organizationId);
    if (toKafka) {
      const { log = createLogger('sealstream-client', 'warn') } = toKafka;
      this.#producer = producerOf({ ...toKafka, log });
      this.#started = this.#producer.start();
      this.#started.catch((error) => log.error({ error: messageOf(error) }, 'the audit client did not start'));
    } else this.#started = Promise.resolve();
  }

  /**
   * It connects in the background, and events may be given to it at once. Resolves once Kafka knows this producer. Rejects with what keeps
   * it from starting; every later call then throws the same.
   */
  start(): Promise<void> {
    return this.#started;
  }

  /** Resolves when Kafka has the event on all in-sync replicas. */
  async log(event: EventInput, options?: { laneKey?: string }): ReturnType<Producer['log']> {
    return this.#writing('log()').log(this.#complete(event), options);
  }

  /** Takes the event and returns its id at once. Throws `producer_overflow` when there is no room for it. */
  enqueue(event: EventInput, options?: { laneKey?: string }): string {
    return this.#writing('enqueue()').enqueue(this.#complete(event), options);
  }

  /** Resolves once every event taken so far is in Kafka, or on disk while Kafka is away. Rejects when enqueued ones were given up. */
  async flush(): Promise<void> {
    await this.#producer?.flush();
  }

  /**
   * Events by filters: `await` gives a page, `for await` every event. Throws at once for a filter that is none; rejects with AuditProblem
   * for what the gateway refuses.
   */
  queryAuditTrail(query: AuditQuery = {}): AuditTrail {
    return this.#reading('queryAuditTrail()').query(query);
  }

  /**
   * Events as they are recorded, from `since` on: each once, none left out, over reconnects. The callback is awaited before it is called
   * again; without one, iterate the stream.
   */
  streamAuditEvents(
    options?: StreamOptions & { fields?: undefined },
    callback?: (event: AuditEvent) => unknown,
  ): AuditStream;
  streamAuditEvents(
    options: StreamOptions & { fields: readonly string[] },
    callback?: (event: PartialAuditEvent) => unknown,
  ): AuditStream<PartialAuditEvent>;
  streamAuditEvents(options: StreamOptions = {}, callback?: (event: AuditEvent) => unknown): AuditStream {
    return this.#reading('streamAuditEvents()').stream(options, callback);
  }

  /**
   * What becomes of alerts, from now on. There is no history in it: list alerts once it is `ready`, and again where it says that something
   * was left out. The callback is awaited before it is called again; without one, iterate the stream.
   */
  streamAlerts(options: AlertStreamOptions = {}, callback?: (change: AlertChange) => unknown): AlertStream {
    return this.#reading('streamAlerts()').alerts(options, callback);
  }

  /**
   * Closes the streams and waits for their callbacks; flushes, says goodbye in each lane, and disconnects. Rejects when enqueued events were
   * given up.
   */
  async close(): Promise<void> {
    await this.#reader?.close();
    await this.#producer?.close();
  }

  #writing(call: string): Producer {
    if (this.#producer) return this.#producer;
    throw new AuditClientError(
      'client_config',
      `${call} needs Kafka: make the AuditClient with brokers, audience, producerId and privateKey`,
    );
  }

  #reading(call: string): Reader {
    if (this.#reader) return this.#reader;
    throw new AuditClientError('client_config', `${call} needs the gateway: make the AuditClient with url and apiKey`);
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

function producerOf({
  brokers,
  kafka,
  privateKey,
  topic = 'audit.events',
  service: _,
  log,
  ...options
}: KafkaClientOptions & Required<Pick<KafkaClientOptions, 'log'>>): Producer {
  return createProducer({
    ...options,
    kafka: kafka ?? createKafka({ brokers: brokers!, clientId: options.producerId, log, retry: connectRetry }),
    key: signingKeyFromPem(privateKey),
    topic,
    log,
  });
}
