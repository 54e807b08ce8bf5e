ALTER TABLE message_search ADD COLUMN words TSVECTOR NOT NULL;
-- What is added waits in a list that every search reads: a short one.
CREATE INDEX message_search_words ON message_search USING gin (words) WITH (fastupdate = on, gin_pending_list_limit = 512);
