-- Mail that waits to be sent, or was settled a short while ago.
CREATE TABLE mail (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    -- Subject and text as JSON, encrypted: links in it let people in.
    content BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    -- When it was sent or given up, and why.
    settled_at BIGINT,
    error TEXT
);
CREATE INDEX mail_organization ON mail (organization_id, id);
CREATE INDEX mail_settled ON mail (settled_at);

-- Somebody who may join. Only the hash of the link's token is kept.
CREATE TABLE invitation (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX invitation_email ON invitation (organization_id, email);
CREATE INDEX invitation_organization ON invitation (organization_id, id);

-- What a person set for themselves, as JSON.
ALTER TABLE app_user ADD COLUMN preferences TEXT NOT NULL DEFAULT '{}';
-- When people got mail about the present drop of the account.
ALTER TABLE account ADD COLUMN alerted_at BIGINT;
