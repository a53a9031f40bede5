-- API keys as the gateway knows them; the newest version of an id holds. The key itself is nowhere, only its hash.
CREATE TABLE IF NOT EXISTS api_keys
(
    id String,
    version UInt64,
    -- The first characters of the key, to recognise it by.
    prefix String,
    -- SHA-256 of the whole key: it carries 256 random bits, so a slow hash would add nothing.
    hash FixedString(32),
    name String,
    -- '*' is every organization.
    organizations Array(String),
    permissions Array(String),
    created_at DateTime64(3, 'UTC'),
    expires_at Nullable(DateTime64(3, 'UTC')),
    revoked_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id;
