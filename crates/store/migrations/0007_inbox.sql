CREATE TABLE team (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The name in lower case: names that differ in nothing else are one.
    folded TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX team_name ON team (organization_id, folded);

CREATE TABLE team_member (
    team_id UUID NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_member_user ON team_member (user_id);

CREATE TABLE tag (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    color TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tag_name ON tag (organization_id, folded);

-- `open`, `snoozed` or `closed`.
ALTER TABLE chat ADD COLUMN status TEXT NOT NULL DEFAULT 'open';
ALTER TABLE chat ADD COLUMN snoozed_until BIGINT;
ALTER TABLE chat ADD COLUMN assignee_id UUID REFERENCES app_user (id) ON DELETE SET NULL;
ALTER TABLE chat ADD COLUMN team_id UUID REFERENCES team (id) ON DELETE SET NULL;
ALTER TABLE chat ADD COLUMN is_starred BOOLEAN NOT NULL DEFAULT FALSE;
-- False says that no row of chat_tag names the chat.
ALTER TABLE chat ADD COLUMN is_tagged BOOLEAN NOT NULL DEFAULT FALSE;
-- When the first message came in that nobody has answered.
ALTER TABLE chat ADD COLUMN waiting_since BIGINT;

-- A list is walked by one of these, newest first: what is asked for, the status, and the place in the list. Those that
-- most chats are not in hold only the ones that are, so that a message seldom has to be written into all of them.
DROP INDEX chat_newest;
DROP INDEX chat_account_newest;
CREATE INDEX chat_list ON chat (organization_id, status, last_message_at, id);
CREATE INDEX chat_list_account ON chat (account_id, status, last_message_at, id);
CREATE INDEX chat_list_assignee ON chat (assignee_id, status, last_message_at, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX chat_list_unassigned ON chat (organization_id, status, last_message_at, id) WHERE assignee_id IS NULL;
CREATE INDEX chat_list_team ON chat (team_id, status, last_message_at, id) WHERE team_id IS NOT NULL;
CREATE INDEX chat_list_starred ON chat (organization_id, status, last_message_at, id) WHERE is_starred;
CREATE INDEX chat_list_unread ON chat (organization_id, status, last_message_at, id) WHERE unread > 0;
CREATE INDEX chat_list_waiting ON chat (organization_id, status, last_message_at, id) WHERE waiting_since IS NOT NULL;

-- Status and place are those of the chat, so that the chats with a tag are walked newest first too.
CREATE TABLE chat_tag (
    tag_id UUID NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    chat_id UUID NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    last_message_at BIGINT NOT NULL,
    PRIMARY KEY (chat_id, tag_id)
);
CREATE INDEX chat_tag_list ON chat_tag (tag_id, status, last_message_at, chat_id);

-- How many chats there are of each account and of whom they are: every chat counts in one row. Chats that nobody looks
-- after are in the row that names the account itself as their holder.
CREATE TABLE chat_counter (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    holder_id UUID NOT NULL,
    open BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    starred BIGINT NOT NULL,
    PRIMARY KEY (account_id, holder_id)
);
CREATE INDEX chat_counter_organization ON chat_counter (organization_id);
INSERT INTO chat_counter (organization_id, account_id, holder_id, open, unread, starred)
SELECT organization_id, account_id, account_id, COUNT(*), COUNT(CASE WHEN unread > 0 THEN 1 END), 0
FROM chat GROUP BY organization_id, account_id;

-- Who did what with a chat, and when.
CREATE TABLE chat_log (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    chat_id UUID NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    -- JSON.
    actor TEXT NOT NULL,
    change TEXT NOT NULL
);
CREATE INDEX chat_log_chat ON chat_log (chat_id, id);

-- What an organization decided, as one JSON document: a new setting needs no migration.
CREATE TABLE organization_setting (
    organization_id UUID NOT NULL PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
    document TEXT NOT NULL
);
