-- How far the continuous verifier has come, by partition. The newest version holds.
CREATE TABLE IF NOT EXISTS verified_partitions
(
    -- Of the events topic, hex.
    incarnation String,
    partition UInt32,
    -- Every record below was checked at least once.
    head UInt64,
    -- Every record below was checked, and nothing of it is wrong now.
    through UInt64,
    -- How often everything was checked once more, and how far this time.
    round UInt32,
    round_next UInt64,
    checked_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (incarnation, partition);

-- What the continuous verifier found wrong: a row per place and kind, of which the newest version holds.
CREATE TABLE IF NOT EXISTS verification_differences
(
    incarnation String,
    partition UInt32,
    offset UInt64,
    -- The same as offset where it is one record.
    last_offset UInt64,
    -- Of the event in its record, -1 where it is about the record.
    idx Int32,
    -- Of the log, where it is about a shard as such; '' otherwise.
    shard String,
    kind LowCardinality(String),
    step LowCardinality(String),
    detail String CODEC(ZSTD),
    found_at DateTime64(3, 'UTC'),
    -- Found no more since.
    mended_at Nullable(DateTime64(3, 'UTC')),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (incarnation, partition, offset, idx, kind, step, shard);
