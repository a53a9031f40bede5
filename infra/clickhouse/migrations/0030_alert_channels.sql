-- Where alerts are told. A change is a new version of the row, a removal is a version that says so; the newest of an id holds.
CREATE TABLE IF NOT EXISTS alert_channels
(
    -- '' is the deployment's own.
    organization_id String,
    id String,
    version UInt64,
    name String,
    kind LowCardinality(String),
    enabled Bool,
    messages_per_minute UInt16,
    -- '' is the default.
    title_template String CODEC(ZSTD),
    body_template String CODEC(ZSTD),
    -- As JSON text, without secrets; its shape is the kind's.
    settings String CODEC(ZSTD),
    -- Names to sealed values (AES-256-GCM under a key of the deployment's secret).
    secrets Map(String, String),
    deleted Bool,
    created_at DateTime64(3, 'UTC'),
    changed_at DateTime64(3, 'UTC'),
    changed_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organization_id, id);

-- Messages that no attempt brought to their receiver, and alerts for which a queue had no room. The newest version of a delivery holds.
CREATE TABLE IF NOT EXISTS alert_dead_letters
(
    organization_id String,
    delivery_id String,
    version UInt64,
    channel_id String,
    channel_name String,
    kind LowCardinality(String),
    reason LowCardinality(String),
    -- What the receiver said last, without secrets; 0 and '' where it said nothing.
    status UInt16,
    answer String CODEC(ZSTD),
    attempts UInt16,
    -- How many alerts it tells of.
    alerts UInt32,
    -- The message as JSON, to send it again.
    message String CODEC(ZSTD),
    queued_at DateTime64(3, 'UTC'),
    died_at DateTime64(3, 'UTC'),
    redelivered_at Nullable(DateTime64(3, 'UTC')),
    redelivered_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organization_id, delivery_id)
TTL toDateTime(died_at) + INTERVAL 90 DAY;
