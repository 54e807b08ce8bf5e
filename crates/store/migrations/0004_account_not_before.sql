-- WhatsApp limits the number until then: it is not connected before, not even by a new start of the process.
ALTER TABLE account ADD COLUMN not_before BIGINT;
