-- Care groups: who cares for whom, how they found each other, their devices and badges; and what erasure leaves behind.
-- Also two tables that every writer of SQL shares: answers kept for an Idempotency-Key, and the outbox of events.

CREATE TABLE spaces (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  -- One group per recipient. The group goes with its recipient: erasure deletes it before the person's row.
  recipient_id text NOT NULL UNIQUE REFERENCES users (id),
  created_at timestamptz NOT NULL
);

CREATE TABLE space_members (
  -- The primary key is the rule that a person is in one group at most.
  user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  space_id text NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('care_giver', 'care_recipient')),
  joined_at timestamptz NOT NULL,
  -- When Firestore's mirror of this row was written; null while that is still to be done.
  mirrored_at timestamptz
);
CREATE INDEX space_members_by_space ON space_members (space_id, joined_at, user_id);
CREATE INDEX space_members_unmirrored ON space_members (user_id) WHERE mirrored_at IS NULL;
CREATE UNIQUE INDEX space_members_one_recipient ON space_members (space_id) WHERE role = 'care_recipient';

CREATE TABLE invitations (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  giver_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Keyed hash of the invited address; what "the same recipient" means before anyone knows whether that account exists.
  recipient_key bytea NOT NULL CHECK (length(recipient_key) = 32),
  -- The address itself, only until the mail task has dealt with it.
  recipient_email text CHECK (length(recipient_email) BETWEEN 3 AND 320),
  -- Found by the mail task; stays null when nobody with a verified mailbox and the recipient's role has the address.
  recipient_id text REFERENCES users (id) ON DELETE SET NULL,
  mail text NOT NULL DEFAULT 'waiting' CHECK (mail IN ('waiting', 'sent', 'nobody', 'refused')),
  -- With the code key it gives the code again, so that a repeated mail carries the same one; forgotten once the mail is out.
  code_seed bytea CHECK (length(code_seed) = 16),
  code_hash bytea CHECK (length(code_hash) = 32),
  tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  -- Asking again, leaving or being removed ends a code before its time.
  revoked_at timestamptz,
  confirmed_at timestamptz,
  CHECK (code_seed IS NULL OR code_hash IS NOT NULL),
  CHECK ((mail = 'waiting') = (recipient_email IS NOT NULL))
);
CREATE INDEX invitations_open ON invitations (giver_id, recipient_key)
  WHERE revoked_at IS NULL AND confirmed_at IS NULL;
CREATE INDEX invitations_unmailed ON invitations (created_at) WHERE mail = 'waiting';
CREATE INDEX invitations_by_recipient ON invitations (recipient_id);
CREATE INDEX invitations_by_age ON invitations (expires_at);

-- How often something was done on one day (UTC), against a cap that a new code doesn't reset. The caps are settings. Givers are known
-- by a keyed hash of their verified address, so that erasing the account and signing in again doesn't reset it either.
CREATE TABLE daily_counts (
  giver_key bytea NOT NULL CHECK (length(giver_key) = 32),
  what text NOT NULL CHECK (what IN ('invite', 'invite_pair', 'try', 'try_pair')),
  -- The recipient_key for counts per pair, empty for counts per giver.
  recipient_key bytea NOT NULL,
  day date NOT NULL,
  count integer NOT NULL CHECK (count > 0),
  PRIMARY KEY (giver_key, what, recipient_key, day)
);
CREATE INDEX daily_counts_by_day ON daily_counts (day);

CREATE TABLE devices (
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Chosen by the phone, so it is unique per person only.
  id text NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  platform text NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
  -- A push token belongs to whoever registered it last.
  push_token text NOT NULL UNIQUE CHECK (length(push_token) BETWEEN 1 AND 1024),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, id)
);

CREATE TABLE badges (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  type text NOT NULL CHECK (type IN ('GREAT_JOB', 'EXCELLENT_WORK', 'LOVELY')),
  -- The day it counts for, in the person's own time zone when it was earned.
  local_date date NOT NULL,
  earned_at timestamptz NOT NULL,
  UNIQUE (user_id, local_date)
);

CREATE TABLE idempotency_keys (
  caller text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  route text NOT NULL CHECK (length(route) BETWEEN 1 AND 200),
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  body_hash bytea NOT NULL CHECK (length(body_hash) = 32),
  status smallint NOT NULL CHECK (status BETWEEN 200 AND 299),
  headers jsonb NOT NULL,
  -- The answer's exact text.
  body text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (caller, route, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (expires_at);

-- Groups that were erased. Kept for good (an id and a time, nothing of anyone), so that no late event brings one back.
CREATE TABLE tombstones (
  space_id text PRIMARY KEY,
  erased_at timestamptz NOT NULL
);

-- Erasures, done and under way: only ids, and counts of what went. No reference to users: the person's row is gone.
CREATE TABLE erasures (
  user_id text PRIMARY KEY,
  role text CHECK (role IN ('care_giver', 'care_recipient')),
  -- The group that is erased with its recipient.
  space_id text,
  -- Whose mirrored membership and kept answers have to go: the person, and with a recipient the group's other members; and Firebase
  -- accounts to delete. Both are emptied when the erasure is done.
  former_members text[] NOT NULL,
  firebase_uids text[] NOT NULL,
  requested_at timestamptz NOT NULL,
  took jsonb NOT NULL,
  done_at timestamptz,
  -- When sweep looks (again) for what is left or came late; null when there is nothing more to look for.
  next_at timestamptz,
  -- One worker at a time; a crashed one loses its claim at this time.
  busy_until timestamptz
);
CREATE INDEX erasures_due ON erasures (next_at) WHERE next_at IS NOT NULL;

-- Events written in the transaction of the change they tell of, until they are published.
CREATE TABLE outbox (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 120),
  event jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  published_at timestamptz
);
CREATE INDEX outbox_unpublished ON outbox (created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
