-- The engine says when it kept an alert quiet because of another that is open.
ALTER TABLE alert_actions
    MODIFY COLUMN kind Enum8('acknowledged' = 1, 'unacknowledged' = 2, 'resolved' = 3, 'reopened' = 4, 'commented' = 5, 'assigned' = 6, 'notified' = 7, 'inhibited' = 8);
