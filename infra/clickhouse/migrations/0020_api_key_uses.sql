ALTER TABLE api_keys
    -- Its permissions, as they are when it is used, beside those of the key itself; '' is none.
    ADD COLUMN IF NOT EXISTS role String DEFAULT '',
    -- Id of the key that this one was made in place of; '' is none.
    ADD COLUMN IF NOT EXISTS replaces String DEFAULT '';

-- When each key was last used, written now and then by every gateway.
CREATE TABLE IF NOT EXISTS api_key_uses
(
    id String,
    last_used_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY id;
