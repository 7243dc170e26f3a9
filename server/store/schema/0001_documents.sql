-- Documents under keys. `version` is the revision of the commit that last wrote one.
CREATE TABLE documents (
  key TEXT PRIMARY KEY NOT NULL,
  body BLOB NOT NULL,
  version BIGINT NOT NULL
);

-- The latest change of every key that ever was: a deleted key stays here, so that a watch
-- sees the deletion.
CREATE TABLE changes (
  key TEXT PRIMARY KEY NOT NULL,
  revision BIGINT NOT NULL,
  deleted BIGINT NOT NULL
);
CREATE INDEX changes_by_revision ON changes (revision, key);

-- Counters. `#revision` is the store's own.
CREATE TABLE sequences (
  name TEXT PRIMARY KEY NOT NULL,
  value BIGINT NOT NULL
);
INSERT INTO sequences (name, value) VALUES ('#revision', 0);
