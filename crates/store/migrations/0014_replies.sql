-- Texts that are written often.
CREATE TABLE quick_reply (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    shortcut TEXT NOT NULL,
    -- In lower case: shortcuts that differ in nothing else are one.
    folded TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX quick_reply_shortcut ON quick_reply (organization_id, folded);

-- Why Pesan sent it by itself; null for what somebody else wrote.
ALTER TABLE message ADD COLUMN automatic TEXT;
CREATE INDEX message_automatic ON message (chat_id, at) WHERE automatic IS NOT NULL;
-- True of somebody new who has written nothing readable yet: they are still to be welcomed, which happens once.
ALTER TABLE contact ADD COLUMN is_unwelcomed BOOLEAN NOT NULL DEFAULT FALSE;
