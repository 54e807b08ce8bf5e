-- When its writer last gave it other words, and when it was deleted for everybody.
ALTER TABLE message ADD COLUMN edited_at BIGINT;
ALTER TABLE message ADD COLUMN revoked_at BIGINT;
-- What the votes of a poll are encrypted with, encrypted.
ALTER TABLE message ADD COLUMN poll_secret BYTEA;

-- Edits, deletions and votes that came in, by WhatsApp's ids of them: when one comes again it changes nothing.
CREATE TABLE message_change (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    wa_id TEXT NOT NULL,
    -- The message that it was about.
    message_id UUID NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, wa_id, message_id)
);
CREATE INDEX message_change_message ON message_change (message_id);

-- What each person chose of a poll last.
CREATE TABLE poll_vote (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    message_id UUID NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    -- Who chose, as a WhatsApp address; empty for this account.
    voter TEXT NOT NULL,
    -- The places of the answers, as a JSON list.
    chosen TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (message_id, voter)
);
