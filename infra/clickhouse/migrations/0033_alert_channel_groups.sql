-- Alerts that come within so many seconds share a message, those of the same values of these fields with each other; 0 is at once.
ALTER TABLE alert_channels ADD COLUMN IF NOT EXISTS group_seconds UInt16 AFTER messages_per_minute;
ALTER TABLE alert_channels ADD COLUMN IF NOT EXISTS group_by Array(String) AFTER group_seconds;
