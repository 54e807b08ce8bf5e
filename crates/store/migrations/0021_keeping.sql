-- Chats of an organization one after the other, and its stored files by age: what is kept for a time only is looked for in them.
CREATE INDEX chat_organization ON chat (organization_id, id);
CREATE INDEX media_kept ON media (organization_id, created_at, id) WHERE sha256 IS NOT NULL;
-- When everything about the person was deleted. The row stays only because of what they gave.
ALTER TABLE contact ADD COLUMN erased_at BIGINT;
