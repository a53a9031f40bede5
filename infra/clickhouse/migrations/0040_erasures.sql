-- Erasures asked for, and how far they are. A change is a new version of the row; the newest holds.
CREATE TABLE IF NOT EXISTS erasures
(
    id UUID,
    version UInt64,
    -- Whose events; ['*'] is every organization.
    organizations Array(String),
    with_system Bool,
    -- H of the request, hex: a request that comes again under its Idempotency-Key must be the same.
    request_hash String,
    -- What the work needs to know of whom or what, as JSON, while it lasts; '' afterwards, in all versions.
    subject String CODEC(ZSTD),
    -- HMAC-SHA-256 (hex) of the subject by the deployment's secret: what the audit events say of it.
    subject_hash String,
    -- What kind of subject: actor_id, email or filter.
    subject_kind LowCardinality(String),
    parts Array(LowCardinality(String)),
    legal_basis String,
    reason String,
    requested_by String,
    requested_at DateTime64(3, 'UTC'),
    state LowCardinality(String),
    -- Of the events topic when it was asked for: below these offsets, by partition, lies what it concerns.
    incarnation String,
    bounds Array(UInt64),
    -- How far: events and parts named, records changed, rows of quarantine rewritten.
    events UInt64,
    parts_listed UInt64,
    records UInt64,
    quarantined UInt64,
    findings UInt64,
    -- Records in quarantine that nobody can take apart and that hold the subject's text.
    unreadable UInt64,
    -- Of the list: H over its parts in the order in which they were named.
    list_digest String,
    error String,
    updated_at DateTime64(3, 'UTC'),
    -- 1970 while it is not.
    completed_at DateTime64(3, 'UTC'),
    -- Not before this is the raw topic without them; 1970 where its retention is unlimited.
    gone_by DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (id, version)
SETTINGS index_granularity = 1024;

-- The standing list: parts that are erased wherever events are kept. Never changed, never removed. Evidence is the signed event that
-- `listed_in` names, not this table (docs/decisions/0041-erasure.md).
CREATE TABLE IF NOT EXISTS erased_parts
(
    header_hash FixedString(32),
    idx UInt16,
    part Enum8('identity' = 0, 'content' = 1),
    -- What stands in for the part.
    digest FixedString(32),
    erasure_id UUID,
    event_id UUID,
    -- The event's record, by which its month and its rows are found.
    incarnation FixedString(16),
    partition UInt32,
    offset UInt64,
    append_time DateTime64(3, 'UTC'),
    -- Where it was found: in `events`, or in `quarantine` alone.
    source Enum8('events' = 0, 'quarantine' = 1),
    listed_in UUID,
    listed_at DateTime64(3, 'UTC'),

    INDEX by_erasure erasure_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_listed_at listed_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (header_hash, idx, part)
SETTINGS index_granularity = 1024;
