-- Names are cut into words as messages are: accents, vowel marks and apostrophes do not count any more.
UPDATE contact SET is_indexed = FALSE;
-- Whether something was done with a chat since a time.
CREATE INDEX chat_log_at ON chat_log (chat_id, at);
