-- When somebody deleted the message here. It is hidden in lists and stays known, so that nothing that comes in twice brings
-- it back and what answers it still has its target.
ALTER TABLE message ADD COLUMN deleted_at BIGINT;
