-- The change log: for each space, the last change of each thing in it that a member can see. A phone that keeps a copy asks for what came
-- after the number it has.

ALTER TABLE spaces
  -- The log is whole after this number; of what came before, something may be missing.
  ADD COLUMN log_after bigint NOT NULL DEFAULT 0,
  -- When a writer last took its turn to raise the feed in Firestore, and the number of its change.
  ADD COLUMN feed_at timestamptz NOT NULL DEFAULT '-infinity',
  ADD COLUMN feed_turn bigint NOT NULL DEFAULT 0,
  -- Each change updates the row, and none of its indexes: with room on the page the row's place in the indexes stays.
  SET (fillfactor = 70);

-- One row per thing: its next change takes the row to the log's end. So a log is as long as there are things, and its order is that of
-- the commits.
CREATE TABLE changes (
  space_id text NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
  type text NOT NULL CHECK (type IN ('resource', 'vr_video', 'job', 'member', 'badge')),
  id text COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 128),
  seq bigint NOT NULL CHECK (seq > 0),
  -- put: it came or is another than before. delete: a member can't see it any more.
  op text NOT NULL CHECK (op IN ('put', 'delete')),
  at timestamptz NOT NULL,
  PRIMARY KEY (space_id, type, id)
);
CREATE UNIQUE INDEX changes_space_id_seq_idx ON changes (space_id, seq);
-- For retention.
CREATE INDEX changes_at_idx ON changes (at);

-- Spaces whose feed in Firestore may be behind their log: a row comes with a change, and goes when the feed has its number.
CREATE TABLE late_feeds (
  space_id text PRIMARY KEY REFERENCES spaces (id) ON DELETE CASCADE,
  since timestamptz NOT NULL
);
CREATE INDEX late_feeds_since_idx ON late_feeds (since);
