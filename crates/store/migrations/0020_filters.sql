-- Whether the time of a reminder about the chat's person, or about the group, has come and it is not done.
ALTER TABLE chat ADD COLUMN reminder_due BOOLEAN NOT NULL DEFAULT FALSE;
-- Which kind of donor its person is, as it was last found out; null in a group, and until it was.
ALTER TABLE chat ADD COLUMN segment TEXT;
CREATE INDEX chat_list_reminder_due ON chat (organization_id, status, last_message_at, id) WHERE reminder_due;
CREATE INDEX chat_list_segment ON chat (organization_id, segment, status, last_message_at, id)
    WHERE segment IS NOT NULL;
ALTER TABLE chat_counter ADD COLUMN reminder_due BIGINT NOT NULL DEFAULT 0;

UPDATE chat SET reminder_due = TRUE WHERE id IN (
    SELECT chat_id FROM reminder
    WHERE status = 'open' AND fired_at IS NOT NULL AND contact_id IS NULL AND chat_id IS NOT NULL
) OR contact_id IN (
    SELECT k.id FROM contact k JOIN reminder r ON r.contact_id = COALESCE(k.merged_into, k.id)
    WHERE r.status = 'open' AND r.fired_at IS NOT NULL
);
INSERT INTO chat_counter (organization_id, account_id, holder_id, open, unread, starred, reminder_due)
SELECT organization_id, account_id, COALESCE(assignee_id, account_id), 0, 0, 0, COUNT(*) FROM chat
WHERE reminder_due GROUP BY organization_id, account_id, COALESCE(assignee_id, account_id)
ON CONFLICT (account_id, holder_id) DO UPDATE SET reminder_due = excluded.reminder_due;
