-- Texts of rules, as people wrote them. A change is a new version of the row, a removal a version that says so; the newest of an id holds,
-- the others stay to be looked at and tried again.
CREATE TABLE IF NOT EXISTS alert_rules
(
    -- '' is the deployment's own: it is judged for every organization, each for itself.
    organization_id String,
    id String,
    version UInt64,
    name String,
    -- One or more rules: Sigma (YAML) or the simple form.
    text String CODEC(ZSTD),
    enabled Bool,
    deleted Bool,
    -- Names or kinds of channels that are told; empty: what the rule's actions say, else all of the organization.
    channels Array(String),
    -- Told again after so many seconds while an alert is open; 0 is never.
    repeat_seconds UInt32,
    -- When this text was switched on: what was hit before is no finding.
    active_from DateTime64(6, 'UTC'),
    changed_at DateTime64(3, 'UTC'),
    changed_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organization_id, id, version);

-- What rules found: a run of hits of one rule and group. The engine writes a row whenever it says more; the newest version holds.
CREATE TABLE IF NOT EXISTS alert_findings
(
    organization_id String,
    id UUID,
    version UInt64,
    -- SHA-256 (hex) of rule and group: the same for every finding that is "the same again".
    fingerprint String CODEC(ZSTD),
    -- Whose rule it is: '' is the deployment's.
    owner String,
    rule_id String,
    rule_version String CODEC(ZSTD),
    rule_title String,
    rule_author String,
    level Enum8('informational' = 0, 'low' = 1, 'medium' = 2, 'high' = 3, 'critical' = 4),
    group_names Array(String),
    group_values Array(String) CODEC(ZSTD),
    -- The event of the first hit, and the oldest event in its window.
    first_hit_id UUID,
    first_hit DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    first_seen DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    last_seen DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    -- In the events' time, until when a hit would belong to it; and when nothing can come any more that does.
    ends_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    resolves_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    hits UInt64,
    events UInt64,
    event_ids Array(UUID),
    -- The finding that it has become part of, which begins earlier; the zero UUID is none.
    successor UUID,
    written_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD),

    INDEX by_last last_seen TYPE minmax GRANULARITY 1,
    INDEX by_end resolves_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organization_id, rule_id, id);

-- What people did about alerts, and what the engine told: never changed, never removed.
CREATE TABLE IF NOT EXISTS alert_actions
(
    organization_id String,
    finding_id UUID,
    id UUID,
    kind Enum8('acknowledged' = 1, 'unacknowledged' = 2, 'resolved' = 3, 'reopened' = 4, 'commented' = 5, 'assigned' = 6, 'notified' = 7),
    at DateTime64(6, 'UTC'),
    actor_type LowCardinality(String),
    actor_id String,
    actor_name String,
    -- A comment, or whom it is assigned to.
    note String CODEC(ZSTD),
    details String CODEC(ZSTD)
)
ENGINE = MergeTree
ORDER BY (organization_id, finding_id, at, id);

-- While a silence lasts, alerts that it matches are told to nobody. The newest version of an id holds.
CREATE TABLE IF NOT EXISTS alert_silences
(
    organization_id String,
    id String,
    version UInt64,
    -- [{"name": "rule_id" | "level" | "fingerprint" | a group's field, "comparison": "equal" | "not_equal" | "glob", "value": …}, …]
    matchers String CODEC(ZSTD),
    starts_at DateTime64(3, 'UTC'),
    ends_at DateTime64(3, 'UTC'),
    reason String CODEC(ZSTD),
    deleted Bool,
    changed_at DateTime64(3, 'UTC'),
    changed_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (organization_id, id);
