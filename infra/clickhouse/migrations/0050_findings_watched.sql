-- How far the gateway has looked for findings in `batches`, by partition: what lies below has been published where it had to be.
CREATE TABLE IF NOT EXISTS findings_watched
(
    -- Of the events topic, hex.
    incarnation String,
    partition UInt32,
    -- Offset of the next record to look at.
    next SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (incarnation, partition);
