-- Messages that can be found, in the order of their times. What words each has is kept beside it, as each database does it
-- best (0013_search.sqlite.sql, 0013_search.postgres.sql).
CREATE TABLE message_search (
    -- The time of the message in milliseconds, shifted to make room for what tells messages of one time apart.
    place BIGINT NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL,
    account_id UUID NOT NULL,
    chat_id UUID NOT NULL,
    message_id UUID NOT NULL UNIQUE REFERENCES message (id) ON DELETE CASCADE
);
CREATE INDEX message_search_newest ON message_search (organization_id, place);
CREATE INDEX message_search_chat ON message_search (chat_id, place);

-- What groups are found by: the words of their subjects, in UTF-8.
CREATE TABLE chat_word (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    word BYTEA NOT NULL,
    chat_id UUID NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    PRIMARY KEY (organization_id, word, chat_id)
);
CREATE INDEX chat_word_chat ON chat_word (chat_id, word);

-- What was there before it could be searched for is made findable afterwards, the newest first. A row says how far that is:
-- up to this id nothing is. There is no row once all is done.
CREATE TABLE search_backlog (
    kind TEXT NOT NULL PRIMARY KEY,
    up_to UUID NOT NULL
);
INSERT INTO search_backlog (kind, up_to) SELECT 'message', m.id FROM message m ORDER BY m.id DESC LIMIT 1;
INSERT INTO search_backlog (kind, up_to) SELECT 'chat', c.id FROM chat c ORDER BY c.id DESC LIMIT 1;
