-- Actions as organizations define them beside the catalogue; the newest version of a name holds.
CREATE TABLE IF NOT EXISTS actions
(
    organization_id String,
    name String,
    version UInt64,
    deleted Bool,
    kind LowCardinality(String),
    description String,
    -- JSON Schema of details, as JSON text.
    details_schema String CODEC(ZSTD),
    visible_to LowCardinality(String),
    changed_at DateTime64(3, 'UTC'),
    -- Id of the API key that changed it.
    changed_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organization_id, name);
