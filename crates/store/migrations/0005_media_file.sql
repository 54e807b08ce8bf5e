-- Whether any row still names a file: before it is deleted from the disk.
CREATE INDEX media_file ON media (sha256);
