/** What a failed attempt to publish means. */
export type Failure =
  /** Kafka is away or busy: the same again later. */
  | { kind: 'away'; detail: string }
  /** The topic or the permissions are not as they must be: someone can put that right. */
  | { kind: 'setup'; detail: string }
  /** This record, for good. */
  | { kind: 'record'; detail: string };

/** kafkajs has no error for a partition that is not there; this is ours. */
export const unknownPartition = 'UNKNOWN_PARTITION';

const recordTypes = new Set<string>([
  unknownPartition,
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
]);

const setupTypes = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'INVALID_REQUIRED_ACKS',
]);

interface KafkaErrorShape {
  name?: string;
  message?: string;
  /** Of a KafkaJSProtocolError: the protocol's name of the error. */
  type?: string;
  cause?: unknown;
  originalError?: unknown;
}

/** kafkajs wraps the protocol's error in that of its retrier, at times twice. */
function innermost(error: unknown): KafkaErrorShape {
  let current = error as KafkaErrorShape;
  for (let depth = 0; depth < 8; depth += 1) {
    const next = (current?.cause ?? current?.originalError) as KafkaErrorShape | undefined;
    if (current?.type !== undefined || !next || next === current) break;
    current = next;
  }
  return current ?? {};
}

export function failureOf(error: unknown): Failure {
  const { name, type, message } = innermost(error);
  const detail = type ? `${type}: ${message}` : String(message ?? error);
  if (type !== undefined && recordTypes.has(type)) return { kind: 'record', detail };
  if (type !== undefined && setupTypes.has(type)) return { kind: 'setup', detail };
  if (name === 'KafkaJSSASLAuthenticationError') return { kind: 'setup', detail };
  return { kind: 'away', detail };
}
