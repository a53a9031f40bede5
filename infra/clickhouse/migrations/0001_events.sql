-- What was signed, a column per field, so that re-encoding a row gives the signed bytes again (wire format v1).
-- Every table of the insert path sets both deduplication windows: retries carry the same token (delivery, WIRE §6).

CREATE TABLE IF NOT EXISTS events
(
    -- Where the row came from: one Kafka record holds many events.
    incarnation FixedString(16),
    partition UInt32 CODEC(Delta, ZSTD),
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt16 CODEC(Delta, ZSTD),
    lane UInt32 CODEC(ZSTD),
    seq UInt64 CODEC(Delta, ZSTD),
    append_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD),

    -- body
    -- The id in two halves: of a UUIDv7 the first holds the time, which compresses and bounds; the second only chance, which does not.
    id_time UInt64 CODEC(Delta, ZSTD),
    id_random UInt64 CODEC(NONE),
    occurred_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    scope Enum8('system' = 0, 'organization' = 1, 'application' = 2),
    organization_id LowCardinality(String),
    application_id LowCardinality(String),
    actor_type Enum8('none' = 0, 'user' = 1, 'service' = 2, 'api_token' = 3, 'oidc' = 4, 'system' = 5, 'anonymous' = 6),
    actor_id String CODEC(ZSTD),
    action LowCardinality(String),
    kind Enum8('event' = 0, 'stateful' = 1),
    target_type LowCardinality(String),
    target_id String CODEC(ZSTD),
    related_type Array(String) CODEC(ZSTD),
    related_id Array(String) CODEC(ZSTD),
    outcome Enum8('success' = 0, 'failure' = 1, 'denied' = 2, 'validation_failed' = 3, 'partial' = 4),
    reason LowCardinality(String),
    auth_method LowCardinality(String),
    service LowCardinality(String),
    correlation_id String CODEC(ZSTD),
    request_id String CODEC(ZSTD),
    trace_id String CODEC(ZSTD),
    details_schema LowCardinality(String),

    -- identity: erasable, so in no key
    actor_name String CODEC(ZSTD),
    actor_email String CODEC(ZSTD),
    target_name String CODEC(ZSTD(3)),
    ip_bytes String CODEC(ZSTD),
    user_agent LowCardinality(String),
    session_id String CODEC(ZSTD),

    -- content: erasable, so in no key
    message String CODEC(ZSTD(3)),
    path String CODEC(ZSTD(3)),
    details String CODEC(ZSTD),
    before String CODEC(ZSTD),
    after String CODEC(ZSTD),

    -- What stands in for an erased part, 32 bytes; empty where the part is as it was signed.
    identity_digest String CODEC(ZSTD),
    content_digest String CODEC(ZSTD),

    id UUID ALIAS reinterpretAsUUID(bitOr(bitShiftLeft(toUInt128(id_random), 64), toUInt128(id_time))),
    category LowCardinality(String) ALIAS splitByChar('.', action)[1],
    ip IPv6 ALIAS if(length(ip_bytes) = 4, IPv4ToIPv6(toIPv4(reinterpretAsUInt32(reverse(ip_bytes)))), toIPv6OrZero(IPv6NumToString(toFixedString(if(length(ip_bytes) = 16, ip_bytes, ''), 16)))),

    INDEX by_time occurred_at TYPE minmax GRANULARITY 1,
    INDEX by_id_time id_time TYPE minmax GRANULARITY 1,
    INDEX by_id id_random TYPE bloom_filter(0.05) GRANULARITY 1,
    INDEX by_actor actor_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_email actor_email TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_target target_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_related related_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_correlation correlation_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_request request_id TYPE bloom_filter(0.05) GRANULARITY 1,
    INDEX by_trace trace_id TYPE bloom_filter(0.05) GRANULARITY 1,
    INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_ip ip_bytes TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_offset offset TYPE minmax GRANULARITY 1,
    -- What free text looks through, as the gateway writes it: word for word, or the index is not used.
    INDEX by_text lowerUTF8(concatWithSeparator('\n', actor_id, actor_name, actor_email, target_id, target_name, action, toString(outcome), reason, message, details))
        TYPE ngrambf_v1(3, 2048, 3, 0) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(append_time)
ORDER BY (organization_id, occurred_at, partition, offset, idx, incarnation)
SETTINGS non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 604800,
    index_granularity = 1024,
    min_compress_block_size = 16384,
    max_compress_block_size = 65536,
    string_serialization_version = 'single_stream',
    -- A month that is over becomes one part, whose least and greatest times say whether a query need look at it.
    min_age_to_force_merge_seconds = 86400,
    min_age_to_force_merge_on_partition_only = 1;

-- One row per Kafka record, whatever became of it.
CREATE TABLE IF NOT EXISTS batches
(
    incarnation FixedString(16),
    partition UInt32,
    offset UInt64 CODEC(Delta, ZSTD),
    append_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    value_hash FixedString(32),
    value_bytes UInt32,
    disposition Enum8('accepted' = 0, 'partial' = 1, 'duplicate' = 2, 'quarantined' = 3),
    -- Of a record quarantined whole; '' otherwise.
    reason LowCardinality(String),

    -- Raw, where the frame could be read; the fields after it where the header could.
    header String CODEC(ZSTD),
    signature String CODEC(ZSTD),
    header_hash String CODEC(ZSTD),
    record_kind LowCardinality(String),
    producer_id LowCardinality(String),
    key_id String CODEC(ZSTD),
    epoch String CODEC(ZSTD),
    lane UInt32,
    first_seq UInt64,
    count UInt16,
    prev String CODEC(ZSTD),
    registry_offset Int64,

    -- Where the root was good. salts stands in for salt_seed where parts were erased.
    salt_seed String CODEC(ZSTD),
    salts String CODEC(ZSTD),
    leaves String CODEC(ZSTD),
    accepted Array(UInt16) CODEC(ZSTD),
    finding_codes Array(LowCardinality(String)),
    finding_details Array(String) CODEC(ZSTD),

    INDEX by_header_hash header_hash TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_prev prev TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_epoch epoch TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_kind record_kind TYPE set(16) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(append_time)
ORDER BY (partition, offset)
SETTINGS non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 604800,
    index_granularity = 1024;

-- One row per Kafka record of which something was refused, with the record's bytes, so that it can be released.
CREATE TABLE IF NOT EXISTS quarantine
(
    incarnation FixedString(16),
    partition UInt32,
    offset UInt64,
    append_time DateTime64(3, 'UTC'),
    disposition Enum8('accepted' = 0, 'partial' = 1, 'duplicate' = 2, 'quarantined' = 3),
    -- Of the whole record, or of its first refused event.
    reason LowCardinality(String),
    detail String CODEC(ZSTD),
    -- The refused events, where the record was not refused whole.
    event_idx Array(UInt16),
    event_reasons Array(String) CODEC(ZSTD),
    event_details Array(String) CODEC(ZSTD),
    value_hash FixedString(32),
    value String CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(append_time)
ORDER BY (partition, offset)
SETTINGS non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 604800;
