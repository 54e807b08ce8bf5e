-- Other ways to write a person's number: WhatsApp knows some numbers in another form than people write them. A number is
-- somebody's own or another way to write one, never both.
CREATE TABLE contact_alias (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    -- Digits without the plus, as it was asked for.
    phone TEXT NOT NULL,
    contact_id UUID NOT NULL REFERENCES contact (id),
    PRIMARY KEY (organization_id, phone)
);
CREATE INDEX contact_alias_contact ON contact_alias (contact_id, phone);
