/** What a stream may take, and what becomes of one that takes more. */
export interface StreamLimits {
  /** Further connections are refused with 503. */
  connections: number;
  connectionsPerKey: number;
  subscriptionsPerConnection: number;
  /** A larger frame closes the connection with 1009. */
  frameBytes: number;
  /** Messages a second, and how many may come at once; more are refused with rate-limited. */
  messagesPerSecond: number;
  messageBurst: number;
  /** Refused messages after which the connection is closed with 1008. */
  refusals: number;
  /** How long a connection whose upgrade held no credential may wait before it sends one. */
  authMs: number;
  /** A ping goes out so often; who has not answered by the next one is gone. Server-sent events get a comment instead. */
  keepaliveMs: number;
  /** Credentials are asked about again so often. */
  recheckMs: number;
  /** Above this many unsent bytes a subscription waits. */
  unsentBytes: number;
  /** Reads of ClickHouse at once, over all subscriptions; others wait their turn. */
  historyReads: number;
  /** A connection that takes nothing for so long is told where to resume, and closed with 1013. */
  stallMs: number;
}

export const defaultStreamLimits: StreamLimits = {
  connections: 1_000,
  connectionsPerKey: 100,
  subscriptionsPerConnection: 16,
  frameBytes: 65_536,
  messagesPerSecond: 20,
  messageBurst: 60,
  refusals: 10,
  authMs: 5_000,
  keepaliveMs: 30_000,
  recheckMs: 2_000,
  unsentBytes: 262_144,
  historyReads: 4,
  stallMs: 30_000,
};
