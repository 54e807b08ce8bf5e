-- When it was given up.
ALTER TABLE message ADD COLUMN failed_at BIGINT;
