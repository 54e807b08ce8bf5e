-- Who sent it through Pesan, as in the audit log.
ALTER TABLE message ADD COLUMN sent_by TEXT;
-- What was given along: a JSON object.
ALTER TABLE message ADD COLUMN metadata TEXT;
-- How often a person retried it.
ALTER TABLE message ADD COLUMN retries BIGINT NOT NULL DEFAULT 0;
