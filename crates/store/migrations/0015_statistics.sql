-- What is counted day by day. Every message and every contact says itself on which day it counts, so that what changes of
-- it can be taken off there and added where it belongs then, whatever time zone the organization has by now.

-- False until the message is in the counts, as those are that were there before the counts.
ALTER TABLE message ADD COLUMN is_counted BOOLEAN NOT NULL DEFAULT FALSE;
-- Null while it counts on no day: it waits, or is none of what is counted.
ALTER TABLE message ADD COLUMN counted_on TEXT;
-- How long somebody had waited for it, in milliseconds; negative when nobody had, null when nobody looked yet.
ALTER TABLE message ADD COLUMN waited BIGINT;
CREATE INDEX message_uncounted ON message (organization_id, id) WHERE is_counted = FALSE;
ALTER TABLE contact ADD COLUMN counted_on TEXT;
CREATE INDEX contact_uncounted ON contact (organization_id, id) WHERE counted_on IS NULL;

-- How many messages of a chat count on a day: the chat is active on the days it has a row for.
CREATE TABLE chat_day (
    chat_id UUID NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    messages BIGINT NOT NULL,
    PRIMARY KEY (chat_id, day)
);

CREATE TABLE account_day (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    received BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    read BIGINT NOT NULL,
    played BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    active_chats BIGINT NOT NULL,
    PRIMARY KEY (account_id, day)
);
CREATE INDEX account_day_organization ON account_day (organization_id, day);

-- How many answers and how many messages that were read took how long.
CREATE TABLE account_day_time (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    -- `reply` or `read`.
    measure TEXT NOT NULL,
    bucket BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (account_id, day, measure, bucket)
);
CREATE INDEX account_day_time_organization ON account_day_time (organization_id, day);

CREATE TABLE contact_day (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    contacts BIGINT NOT NULL,
    PRIMARY KEY (organization_id, day)
);

CREATE TABLE donation_day (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    gifts BIGINT NOT NULL,
    PRIMARY KEY (organization_id, day, currency)
);
INSERT INTO donation_day (organization_id, day, currency, amount, gifts)
SELECT organization_id, given_on, currency, CAST(SUM(amount) AS BIGINT), COUNT(*) FROM donation
WHERE status = 'confirmed' AND deleted_at IS NULL GROUP BY organization_id, given_on, currency;
