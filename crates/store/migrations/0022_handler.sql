-- To whom chats are given that begin on the account.
ALTER TABLE account ADD COLUMN assignee_id UUID REFERENCES app_user (id) ON DELETE SET NULL;
ALTER TABLE account ADD COLUMN team_id UUID REFERENCES team (id) ON DELETE SET NULL;

-- When the last message of the day came in, and when the last one left.
ALTER TABLE account_day ADD COLUMN last_received_at BIGINT;
ALTER TABLE account_day ADD COLUMN last_sent_at BIGINT;
UPDATE account_day SET last_received_at = m.last_at FROM (
    SELECT account_id, counted_on, MAX(at) AS last_at FROM message
    WHERE status = 'received' AND counted_on IS NOT NULL GROUP BY account_id, counted_on
) m WHERE m.account_id = account_day.account_id AND m.counted_on = account_day.day;
UPDATE account_day SET last_sent_at = m.last_at FROM (
    SELECT account_id, counted_on, MAX(COALESCE(sent_at, at)) AS last_at FROM message
    WHERE status IN ('sent', 'delivered', 'read', 'played') AND counted_on IS NOT NULL GROUP BY account_id, counted_on
) m WHERE m.account_id = account_day.account_id AND m.counted_on = account_day.day;
