-- Spaces: what people have in common, their members, how a care group finds each other, badges, and what an erasure leaves.

-- What each type allows is data: `shared/spaces/spaceTypes.ts`.
CREATE TABLE spaces (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  -- care: a care group. personal: what one person has alone.
  type text NOT NULL CHECK (type IN ('care', 'personal', 'conversation', 'site')),
  -- Null for a space that is called after its owner.
  title text CHECK (length(title) BETWEEN 1 AND 200),
  -- The recipient of a care group, the person of a personal space. Such a space goes with its owner: erasure deletes it before the
  -- person's row, and a person's row whose space is still there can't be deleted.
  owner_id text REFERENCES users (id) ON DELETE SET NULL,
  -- How many changes the space has had. A writer holds the row's lock from its change's number on until its commit (0006_changes.sql).
  seq bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  UNIQUE (id, type),
  CONSTRAINT spaces_owner_check CHECK (owner_id IS NOT NULL OR type NOT IN ('care', 'personal'))
);
CREATE INDEX spaces_owner_id_idx ON spaces (owner_id);
CREATE UNIQUE INDEX spaces_one_care_idx ON spaces (owner_id) WHERE type = 'care';
CREATE UNIQUE INDEX spaces_one_personal_idx ON spaces (owner_id) WHERE type = 'personal';

CREATE TABLE space_members (
  space_id text NOT NULL,
  -- The space's, for the rules below.
  space_type text NOT NULL,
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('recipient', 'giver', 'owner', 'member')),
  joined_at timestamptz NOT NULL,
  -- When Firestore's mirror of this row was written; null until then.
  mirrored_at timestamptz,
  PRIMARY KEY (space_id, user_id),
  FOREIGN KEY (space_id, space_type) REFERENCES spaces (id, type) ON DELETE CASCADE,
  -- A test compares this with `shared/spaces/spaceTypes.ts`.
  CONSTRAINT space_members_role_of_type_check CHECK (
    CASE space_type WHEN 'care' THEN role IN ('recipient', 'giver') WHEN 'personal' THEN role = 'owner' ELSE role IN ('owner', 'member') END)
);
CREATE INDEX space_members_space_id_joined_at_idx ON space_members (space_id, joined_at, user_id);
CREATE INDEX space_members_user_id_idx ON space_members (user_id, space_id);
CREATE INDEX space_members_unmirrored_idx ON space_members (user_id) WHERE mirrored_at IS NULL;
-- A person is in one care group at most, and has one personal space.
CREATE UNIQUE INDEX space_members_one_care_idx ON space_members (user_id) WHERE space_type = 'care';
CREATE UNIQUE INDEX space_members_one_personal_idx ON space_members (user_id) WHERE space_type = 'personal';
CREATE UNIQUE INDEX space_members_one_recipient_idx ON space_members (space_id) WHERE role = 'recipient';

CREATE TABLE invitations (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  giver_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Keyed hash of the invited address; what "the same recipient" means before it is known whether that account exists.
  recipient_key bytea NOT NULL CHECK (octet_length(recipient_key) = 32),
  -- The address itself, until the code is confirmed or over: who is invited may have no account yet, and confirming asks who holds it then.
  recipient_email text CHECK (length(recipient_email) BETWEEN 3 AND 320),
  -- The account that held the address when the code was mailed; null when none did.
  recipient_id text REFERENCES users (id) ON DELETE SET NULL,
  -- no_recipient: a care giver has the address. refused: the mail server will never take the mail. cancelled: the code expired or
  -- the recipient was erased before the mail was sent.
  mail_state text NOT NULL DEFAULT 'pending'
    CHECK (mail_state IN ('pending', 'sent', 'no_recipient', 'refused', 'capped', 'cancelled')),
  -- With the code key it gives the code again, so that a repeated mail carries the same one; deleted once the mail is out.
  code_seed bytea CHECK (octet_length(code_seed) = 16),
  code_hash bytea CHECK (octet_length(code_hash) = 32),
  tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- Asking again, leaving or being removed ends a code before its time.
  revoked_at timestamptz,
  confirmed_at timestamptz,
  CONSTRAINT invitations_lifetime_check CHECK (expires_at > created_at),
  CONSTRAINT invitations_code_check CHECK (code_seed IS NULL OR code_hash IS NOT NULL),
  CONSTRAINT invitations_address_check CHECK (mail_state <> 'pending' OR recipient_email IS NOT NULL)
);
CREATE INDEX invitations_open_idx ON invitations (giver_id, recipient_key)
  WHERE revoked_at IS NULL AND confirmed_at IS NULL;
CREATE INDEX invitations_unmailed_idx ON invitations (created_at) WHERE mail_state = 'pending';
CREATE INDEX invitations_with_address_idx ON invitations (expires_at) WHERE recipient_email IS NOT NULL;
CREATE INDEX invitations_recipient_id_idx ON invitations (recipient_id);
CREATE INDEX invitations_expires_at_idx ON invitations (expires_at);

-- How often something was done on one day (UTC), against a cap that a new code doesn't reset. The caps are settings. Givers are known
-- by a keyed hash of their verified address, so that erasing the account and signing in again doesn't reset it either.
CREATE TABLE daily_counts (
  -- All zeros for what all givers share: the mails to one recipient.
  giver_key bytea NOT NULL CHECK (octet_length(giver_key) = 32),
  what text NOT NULL CHECK (what IN ('invite', 'invite_pair', 'try', 'try_pair', 'mailed')),
  -- The recipient_key for counts per pair and per recipient, empty for counts per giver.
  recipient_key bytea NOT NULL,
  day date NOT NULL,
  count integer NOT NULL CHECK (count > 0),
  PRIMARY KEY (giver_key, what, recipient_key, day)
);
CREATE INDEX daily_counts_day_idx ON daily_counts (day);

CREATE TABLE badges (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  type text NOT NULL CHECK (type IN ('GREAT_JOB', 'EXCELLENT_WORK', 'LOVELY')),
  -- The day it counts for, in the person's own time zone when it was earned.
  local_date date NOT NULL,
  earned_at timestamptz NOT NULL,
  UNIQUE (user_id, local_date)
);

-- Spaces that were erased. Kept for good (an id and a time, no data of a person), so that no late event brings one back.
CREATE TABLE tombstones (
  space_id text PRIMARY KEY,
  erased_at timestamptz NOT NULL
);

-- Erasures, done and under way: only ids, and counts of what was deleted. No reference to users: the person's row is gone.
CREATE TABLE erasures (
  user_id text PRIMARY KEY,
  role text CHECK (role IN ('care_giver', 'care_recipient')),
  -- The spaces that are erased with the person: their own, and those that no one else is in.
  space_ids text[] NOT NULL,
  -- People whose mirrored membership and kept answers have to go (the person, and the other members of those spaces), and Firebase
  -- accounts to delete. Both are emptied when the erasure is done.
  former_members text[] NOT NULL,
  firebase_uids text[] NOT NULL,
  requested_at timestamptz NOT NULL,
  took jsonb NOT NULL,
  done_at timestamptz,
  -- When `sweep` looks (again) for what is left or came late; null when nothing is left to look for.
  next_at timestamptz,
  -- One worker at a time; a crashed worker loses its claim at this time.
  busy_until timestamptz
);
CREATE INDEX erasures_due_idx ON erasures (next_at) WHERE next_at IS NOT NULL;
