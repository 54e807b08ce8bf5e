-- What came in and could not be stored, however often it was tried: kept whole, so that it is not lost.
CREATE TABLE quarantine (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- `message`, `receipt`, …
    kind TEXT NOT NULL,
    -- SHA-256 of the item: the same one coming again is no second row.
    fingerprint BYTEA NOT NULL,
    -- Why it could not be stored.
    reason TEXT NOT NULL,
    -- The item as JSON, encrypted.
    item BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX quarantine_item ON quarantine (account_id, fingerprint);
CREATE INDEX quarantine_organization ON quarantine (organization_id, id);
