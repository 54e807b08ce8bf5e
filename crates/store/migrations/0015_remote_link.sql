-- A link by which somebody far away sees the QR code of an account without a log-in. Only hashes are kept: of the link's
-- token, and of what the first browser got that opened it, which alone may look from then on.
CREATE TABLE remote_link (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL UNIQUE,
    browser_hash BYTEA,
    -- Who made it. It goes with them.
    user_id UUID REFERENCES app_user (id) ON DELETE CASCADE,
    key_id UUID REFERENCES api_key (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    opened_at BIGINT,
    -- When it was used up or taken back, and which of the two: `linked` or `revoked`.
    ended_at BIGINT,
    ended_by TEXT
);
CREATE INDEX remote_link_account ON remote_link (account_id, id);
CREATE INDEX remote_link_user ON remote_link (user_id);
CREATE INDEX remote_link_key ON remote_link (key_id);
CREATE INDEX remote_link_expiry ON remote_link (expires_at);
