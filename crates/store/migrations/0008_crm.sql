-- The language to write to somebody in.
ALTER TABLE contact ADD COLUMN language TEXT;
-- When they asked not to be written to.
ALTER TABLE contact ADD COLUMN opted_out_at BIGINT;
-- Values of the organization's own fields by their keys, as JSON.
ALTER TABLE contact ADD COLUMN fields TEXT NOT NULL DEFAULT '{}';
-- The person that somebody said this is: always the one that stays, never one that was itself merged. This row keeps its
-- identities and chats, so that it can be taken out again. No row goes while another one is a part of it.
ALTER TABLE contact ADD COLUMN merged_into UUID REFERENCES contact (id);
-- False until the words of the row are in contact_word.
ALTER TABLE contact ADD COLUMN is_indexed BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX contact_newest ON contact (organization_id, id) WHERE merged_into IS NULL;
CREATE INDEX contact_merged ON contact (merged_into, id);
CREATE INDEX contact_unindexed ON contact (id) WHERE is_indexed = FALSE;
-- When two rows turn out to be one identity, the messages of one go to the other.
CREATE INDEX message_contact ON message (contact_id) WHERE contact_id IS NOT NULL;

-- What people are found by: the words of their names, and their numbers as people write them. In UTF-8, because only
-- bytes are in the same order on every database.
CREATE TABLE contact_word (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    word BYTEA NOT NULL,
    contact_id UUID NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    PRIMARY KEY (organization_id, word, contact_id)
);
CREATE INDEX contact_word_contact ON contact_word (contact_id, word);

-- Who said that two records are one person, and what the one that stays took over.
CREATE TABLE contact_merge (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    into_id UUID NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    other_id UUID NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    filled TEXT NOT NULL,
    merged_by TEXT NOT NULL,
    merged_at BIGINT NOT NULL,
    undone_at BIGINT
);
CREATE INDEX contact_merge_into ON contact_merge (into_id, id);
CREATE INDEX contact_merge_other ON contact_merge (other_id, id);

CREATE TABLE custom_field (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- A JSON list.
    choices TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The key stays taken, so that values which are still there never meet another type.
    deleted_at BIGINT
);
CREATE UNIQUE INDEX custom_field_key ON custom_field (organization_id, key);

-- About a person or, in a group, about the chat. What hangs on a person does not go with a row of theirs: it has to be given
-- to another row before, so notes, reminders and donations refuse that their contact goes. An organization takes both.
CREATE TABLE note (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    contact_id UUID REFERENCES contact (id),
    -- The record it was written for, which another one may have been merged with since.
    origin_id UUID REFERENCES contact (id),
    chat_id UUID REFERENCES chat (id) ON DELETE CASCADE,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    body TEXT NOT NULL,
    is_pinned BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT
);
CREATE INDEX note_contact ON note (contact_id, created_at, id);
CREATE INDEX note_contact_pinned ON note (contact_id, is_pinned, id);
CREATE INDEX note_origin ON note (origin_id);
CREATE INDEX note_chat ON note (chat_id, created_at, id);

CREATE TABLE reminder (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    owner_id UUID REFERENCES app_user (id) ON DELETE SET NULL,
    contact_id UUID REFERENCES contact (id),
    origin_id UUID REFERENCES contact (id),
    chat_id UUID REFERENCES chat (id) ON DELETE SET NULL,
    body TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    status TEXT NOT NULL,
    -- When it reminded. It does so once for each time that was set.
    fired_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX reminder_due ON reminder (organization_id, status, due_at, id);
CREATE INDEX reminder_owner ON reminder (owner_id, status, due_at, id);
CREATE INDEX reminder_contact_due ON reminder (contact_id, status, due_at, id);
CREATE INDEX reminder_chat_due ON reminder (chat_id, status, due_at, id);
CREATE INDEX reminder_contact ON reminder (contact_id, created_at, id);
CREATE INDEX reminder_origin ON reminder (origin_id);

CREATE TABLE donation (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    contact_id UUID NOT NULL REFERENCES contact (id),
    origin_id UUID NOT NULL REFERENCES contact (id),
    -- In the currency's smallest unit.
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    method TEXT NOT NULL,
    -- A day of the calendar: `2026-11-20`.
    given_on TEXT NOT NULL,
    fund TEXT,
    status TEXT NOT NULL,
    note TEXT,
    media_id UUID REFERENCES media (id) ON DELETE SET NULL,
    recorded_by TEXT NOT NULL,
    -- The place in lists: the day as a moment, or when it was written down on that day.
    at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX donation_newest ON donation (organization_id, at, id);
CREATE INDEX donation_contact ON donation (contact_id, at, id);
CREATE INDEX donation_origin ON donation (origin_id);
CREATE INDEX donation_media ON donation (media_id);
-- Only those that count.
CREATE INDEX donation_given ON donation (organization_id, currency, given_on)
    WHERE status = 'confirmed' AND deleted_at IS NULL;
CREATE INDEX donation_contact_given ON donation (contact_id, given_on)
    WHERE status = 'confirmed' AND deleted_at IS NULL;

-- What the donations of a person that count come to. Kept in the transaction of every change.
CREATE TABLE donation_total (
    contact_id UUID NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    lifetime_value BIGINT NOT NULL,
    gifts BIGINT NOT NULL,
    largest BIGINT NOT NULL,
    first_on TEXT NOT NULL,
    last_on TEXT NOT NULL,
    streak_years BIGINT NOT NULL,
    PRIMARY KEY (contact_id, currency)
);

-- How much the donors of an organization give, counted now and then: 100 amounts as a JSON list.
CREATE TABLE giving_cut (
    organization_id UUID NOT NULL PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    givers BIGINT NOT NULL,
    amounts TEXT NOT NULL,
    counted_at BIGINT NOT NULL
);

-- What the segments of an organization go by, as JSON; the defaults when there is no row.
CREATE TABLE donor_rules (
    organization_id UUID NOT NULL PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
    rules TEXT NOT NULL
);
