-- The tags of people. As with all that hangs on a person, each row knows the person it counts for and the record it was
-- given to: a person who was joined of several has a tag once, however many of their records it was given to.
CREATE TABLE contact_tag (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    contact_id UUID NOT NULL REFERENCES contact (id),
    origin_id UUID NOT NULL REFERENCES contact (id),
    tag_id UUID NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (origin_id, tag_id)
);
CREATE INDEX contact_tag_contact ON contact_tag (contact_id, tag_id);
CREATE INDEX contact_tag_list ON contact_tag (tag_id, contact_id);
