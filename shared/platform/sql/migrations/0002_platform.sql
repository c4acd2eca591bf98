-- What every writer of SQL shares: the audit log, answers kept for an Idempotency-Key, the outbox of events, rate counters, and how far
-- the long walks of `sweep` have come.

-- What happened to accounts and spaces: ids and names of events, never contents. Without foreign keys, so that it outlives an erasure.
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  action text NOT NULL CHECK (action ~ '^[a-z_]{1,64}$'),
  outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
  -- Why it was refused: an error code.
  reason text CHECK (reason ~ '^[a-z_]{1,64}$'),
  -- Who acted; null when that is not known.
  user_id text,
  session_id text,
  -- The other person, if it was done to another person.
  other_user_id text,
  space_id text,
  request_id text
);
CREATE INDEX audit_log_user_id_at_idx ON audit_log (user_id, at);
CREATE INDEX audit_log_at_idx ON audit_log (at);

-- Answers that were given to requests with an Idempotency-Key, for 24 hours.
CREATE TABLE idempotency_keys (
  caller text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  route text NOT NULL CHECK (length(route) BETWEEN 1 AND 200),
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
  status smallint NOT NULL CHECK (status BETWEEN 200 AND 299),
  headers jsonb NOT NULL,
  -- The answer's exact text.
  body text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (caller, route, key)
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

-- Events, each written in the transaction of the change that it reports, until they are published.
CREATE TABLE outbox (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 120),
  event jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  published_at timestamptz
);
CREATE INDEX outbox_unpublished_idx ON outbox (created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published_idx ON outbox (published_at) WHERE published_at IS NOT NULL;
-- For erasures, which remove the events of a space and of a person.
CREATE INDEX outbox_space_id_idx ON outbox ((event->>'spaceId'));
CREATE INDEX outbox_user_id_idx ON outbox ((event->>'userId'));

-- Requests per minute, summed over all instances. Unlogged: a counter that is lost in a database crash does no harm, and hashes of
-- addresses stay out of backups.
CREATE UNLOGGED TABLE rate_windows (
  -- A hash of window, budget and subject.
  counter bytea PRIMARY KEY CHECK (octet_length(counter) = 16),
  window_start timestamptz NOT NULL,
  used integer NOT NULL CHECK (used >= 0)
);
CREATE INDEX rate_windows_window_start_idx ON rate_windows (window_start);

-- Where the long walks of `sweep` go on: each run does some pages, from the place where the last one stopped.
CREATE TABLE walks (
  name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
  -- Null at the beginning.
  place text,
  -- How long the pages since the beginning took.
  spent_ms integer NOT NULL CHECK (spent_ms >= 0),
  -- When the walk goes on; in the future after it has come to its end.
  next_at timestamptz NOT NULL,
  -- The run that is at it, and until when no other may be.
  holder text,
  held_until timestamptz
);
