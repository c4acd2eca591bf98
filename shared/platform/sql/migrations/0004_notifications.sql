-- News for phones: what was announced, and which device was told of it. `notify` writes both; `sweep` wakes what waits and forgets what is old.

-- An event as Pub/Sub delivered it, kept for as long as Pub/Sub may deliver it again. It goes with the group or the person it is about.
CREATE TABLE news (
  event_id text PRIMARY KEY CHECK (length(event_id) BETWEEN 1 AND 120),
  event jsonb NOT NULL,
  space_id text REFERENCES spaces (id) ON DELETE CASCADE,
  user_id text REFERENCES users (id) ON DELETE CASCADE,
  received_at timestamptz NOT NULL,
  CHECK (num_nonnulls(space_id, user_id) = 1)
);
CREATE INDEX news_by_space ON news (space_id);
CREATE INDEX news_by_user ON news (user_id);
CREATE INDEX news_by_age ON news (received_at);

-- One row per event and device is the rule that a device is told once.
CREATE TABLE notifications (
  event_id text NOT NULL REFERENCES news (event_id) ON DELETE CASCADE,
  user_id text NOT NULL,
  device_id text NOT NULL,
  -- The end of the person's quiet hours, when the event came in them.
  due_at timestamptz NOT NULL,
  -- Whoever sends it has claimed it until then; a crashed sender's claim runs out.
  claimed_until timestamptz,
  -- sent; refused: the message can't be delivered to this device as it is; withdrawn: the person left the group meanwhile, or it is too old.
  outcome text CHECK (outcome IN ('sent', 'refused', 'withdrawn')),
  settled_at timestamptz,
  PRIMARY KEY (event_id, user_id, device_id),
  FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id) ON DELETE CASCADE,
  CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
CREATE INDEX notifications_by_device ON notifications (user_id, device_id);
CREATE INDEX notifications_waiting ON notifications (due_at) WHERE settled_at IS NULL;

-- How far sweep's longer walks have come: a slice at each run, from the place where the last one stopped.
CREATE TABLE walks (
  name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
  -- Null at the beginning.
  place text,
  -- How long the slices since the beginning took.
  spent_ms integer NOT NULL CHECK (spent_ms >= 0),
  -- When the walk goes on; in the future after it has come to its end.
  next_at timestamptz NOT NULL
);
