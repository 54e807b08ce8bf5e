-- What the dashboard counts can be listed, the newest day first: messages that were given up, and people we met.
CREATE INDEX message_failed ON message (organization_id, counted_on, id) WHERE status = 'failed' AND deleted_at IS NULL;
CREATE INDEX message_failed_account ON message (account_id, counted_on, id)
    WHERE status = 'failed' AND deleted_at IS NULL;
CREATE INDEX contact_met ON contact (organization_id, counted_on, id) WHERE merged_into IS NULL;
