import type { Kafka } from 'kafkajs';
import type { Logger } from '../core/log.js';
import type { ProducerOptions } from '../producer/index.js';
import { AuditClientError } from './errors.js';

/** For queries and streams. */
export interface GatewayClientOptions {
  /** The gateway's: https://audit.example.com */
  url: string | URL;
  apiKey: string;
  /** How long one answer may take, in ms. Default 30,000. */
  timeoutMs?: number | undefined;
  /** How long a query is asked again while the gateway is away or asks for patience (`Retry-After`), in ms. Default 10,000. */
  patienceMs?: number | undefined;
}

/** For `log()`, `enqueue()`, `flush()`: events are signed here and go straight to Kafka. */
export type KafkaClientOptions = Omit<ProducerOptions, 'kafka' | 'key' | 'topic' | 'log'> & {
  /** Where Kafka is; or `kafka`, a kafkajs client of your own (TLS, SASL). */
  brokers?: string[];
  kafka?: Kafka;
  /** The producer's Ed25519 key, PKCS#8 PEM, as its public half is registered. */
  privateKey: string | Buffer;
  /** Default audit.events. */
  topic?: string;
  /** For events that name no service. */
  service?: string;
  /** Default: warnings and errors as JSON lines on stdout. */
  log?: Logger;
};

/** Either half, or both. */
export type AuditClientOptions = {
  /** For events that name no organization and are not of the system scope, and for questions that name none. */
  organizationId?: string;
} & (
  | (GatewayClientOptions & NoneOf<KafkaClientOptions>)
  | (NoneOf<GatewayClientOptions> & KafkaClientOptions)
  | (GatewayClientOptions & KafkaClientOptions)
);

type NoneOf<T> = { [Name in keyof T]?: undefined };

/** The options by what they are for. Throws for a half that is given by half. */
export function splitOptions({ organizationId, ...options }: AuditClientOptions): {
  organizationId: string | undefined;
  toGateway: GatewayClientOptions | undefined;
  toKafka: KafkaClientOptions | undefined;
} {
  const { url, apiKey, timeoutMs, patienceMs, ...others } = options as Partial<
    GatewayClientOptions & KafkaClientOptions
  >;
  const kafkaGiven = Object.values(others).some((value) => value !== undefined);
  if ((url === undefined) !== (apiKey === undefined)) {
    throw bad(`AuditClient has ${url === undefined ? 'an apiKey but no url' : 'a url but no apiKey'}`);
  }
  if (url === undefined && !kafkaGiven) throw bad('AuditClient needs url and apiKey to read, brokers and keys to log');
  if (kafkaGiven) {
    if ((others.brokers === undefined) === (others.kafka === undefined)) {
      throw bad('AuditClient takes either brokers or kafka, and exactly one of them');
    }
    for (const name of ['privateKey', 'audience', 'producerId'] as const) {
      if (others[name] === undefined) throw bad(`AuditClient needs ${name} to log: it signs what it sends to Kafka`);
    }
  }
  return {
    organizationId,
    toGateway: url === undefined ? undefined : { url, apiKey: apiKey!, timeoutMs, patienceMs },
    toKafka: kafkaGiven ? (others as KafkaClientOptions) : undefined,
  };
}

const bad = (message: string): AuditClientError => new AuditClientError('client_config', message);
