-- What is set for an organization: its own roles, what it is entitled to, links for its auditors. The newest version of a name holds.
CREATE TABLE IF NOT EXISTS organization_settings
(
    kind LowCardinality(String),
    organization_id String,
    name String,
    version UInt64,
    deleted Bool,
    -- As JSON text; its shape is the kind's.
    value String CODEC(ZSTD),
    changed_at DateTime64(3, 'UTC'),
    -- Id of the API key that changed it.
    changed_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (kind, organization_id, name);
