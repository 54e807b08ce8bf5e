-- Files that perhaps no row names: those that are about to be stored, and those whose row was deleted. Each is looked at once
-- more after a while. Files of all organizations share one folder, so this belongs to none.
CREATE TABLE loose_file (
    sha256 BYTEA NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL
);
CREATE INDEX loose_file_age ON loose_file (since, sha256);
