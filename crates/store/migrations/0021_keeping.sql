-- Chats of an organization one after the other, and its stored files by age: what is kept for a time only is looked for in them.
CREATE INDEX chat_organization ON chat (organization_id, id);
CREATE INDEX media_kept ON media (organization_id, created_at, id) WHERE sha256 IS NOT NULL;
-- When everything about the person was deleted. The row stays only because of what they gave.
ALTER TABLE contact ADD COLUMN erased_at BIGINT;

-- Who was erased while the event log still tells of them. The rows are deleted when it does not any more.
CREATE TABLE erasure (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    -- What events about them are known by, and what is put in the place of each, as JSON.
    traces TEXT NOT NULL,
    erased TEXT NOT NULL,
    -- The log is looked through after this place, up to and with that one.
    place BIGINT NOT NULL,
    upto BIGINT NOT NULL
);
-- What somebody chose in polls is found when they are erased.
CREATE INDEX poll_vote_voter ON poll_vote (organization_id, voter);
