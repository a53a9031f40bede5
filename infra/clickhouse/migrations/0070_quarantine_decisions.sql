-- What people decided about records that were set aside. A decision is a version of the row; the newest holds. What became of a release
-- is not kept here: `batches` says it (docs/decisions/0045-quarantine.md).
CREATE TABLE IF NOT EXISTS quarantine_decisions
(
    -- Of the events topic, hex.
    incarnation String,
    partition UInt32,
    offset UInt64,
    version UInt64,
    kind LowCardinality(String),
    -- Of a release: H of the bytes that were published, hex; they are the ErasedBatch where parts were erased. '' otherwise.
    published_hash String,
    -- Where Kafka has them; -1 while it has not said so.
    published_offset Int64,
    -- The credential.
    decided_by String,
    decided_at DateTime64(3, 'UTC'),
    reason String CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (partition, offset, incarnation)
SETTINGS index_granularity = 1024;
