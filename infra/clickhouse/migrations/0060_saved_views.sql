-- What somebody saved of Explore: what is asked, never what was found. The newest version of an id holds.
CREATE TABLE IF NOT EXISTS saved_views
(
    id String,
    version UInt64,
    deleted Bool,
    -- Whoever saved it: id of an OpenID provider's user, or of the first of the API keys that were made in place of one another.
    owner_id String,
    owner_name String,
    -- With whom it is shared; '' with nobody.
    organization_id String,
    name String,
    -- As JSON text; empty once it is deleted.
    state String CODEC(ZSTD),
    created_at DateTime64(3, 'UTC'),
    changed_at DateTime64(3, 'UTC'),
    -- Id of the caller that changed it.
    changed_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id;
