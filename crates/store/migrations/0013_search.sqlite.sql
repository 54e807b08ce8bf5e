-- A row for each of message_search, under its place. Only which rows have a word is kept, neither text nor positions.
CREATE VIRTUAL TABLE message_word USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
CREATE TRIGGER message_search_gone AFTER DELETE ON message_search BEGIN
    DELETE FROM message_word WHERE rowid = OLD.place;
END;
