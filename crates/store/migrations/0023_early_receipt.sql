-- Receipts of messages that are not here yet: a message that the phone sends is told to us and to the other side at once,
-- and what the other side answers can be faster.
CREATE TABLE early_receipt (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    wa_id TEXT NOT NULL,
    -- Who gave it, as a WhatsApp address.
    sender TEXT NOT NULL,
    status TEXT NOT NULL,
    -- All of it, as JSON.
    receipt TEXT NOT NULL,
    came_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, wa_id, sender, status)
);
CREATE INDEX early_receipt_came_at ON early_receipt (came_at);
