ALTER TABLE alert_dead_letters
    -- Taken out of the list by somebody; NULL while it is in it.
    ADD COLUMN IF NOT EXISTS dropped_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS dropped_by String;
