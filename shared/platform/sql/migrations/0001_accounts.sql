-- People, how they sign in, and their sessions.
--
-- Names in all migrations: an index ends in _idx, a unique constraint in _key, a check in _check, a trigger in _trigger, and each begins
-- with its table. A function begins with a verb. Foreign keys point to the same file or to an earlier one.

CREATE TABLE users (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  -- In its canonical form (shared/platform/mail/address.ts), to compare by and to mail to. Only a verified address may be matched
  -- against; an unverified one is for display. What an address opens follows who holds it now (docs/security.md).
  email text CHECK (length(email) BETWEEN 3 AND 254),
  -- As the identity provider gave it, for people to read.
  email_written text CHECK (length(email_written) BETWEEN 3 AND 254),
  email_verified boolean NOT NULL DEFAULT false,
  -- Identities of other providers may join by the address: it was verified when its identity first showed it.
  email_joinable boolean NOT NULL DEFAULT false,
  name text CHECK (length(name) BETWEEN 1 AND 200),
  -- Null until enrolment; set once, which the trigger below enforces.
  role text CHECK (role IN ('care_giver', 'care_recipient')),
  time_zone text NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) BETWEEN 1 AND 64),
  language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'ko')),
  -- In the person's own time zone; a span whose `quiet_from` is later than `quiet_to` passes midnight.
  quiet_from time,
  quiet_to time,
  -- Whether their phones are notified when a player of one of their spaces has beaten a best score.
  notify_bests boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_verified_email_check CHECK (email IS NOT NULL OR NOT email_verified),
  CONSTRAINT users_joinable_email_check CHECK (email_verified OR NOT email_joinable),
  CONSTRAINT users_canonical_email_check CHECK (email !~ '[A-Z]'),
  CONSTRAINT users_quiet_hours_check CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);

-- One account per verified address, however it signs in and however the address is written.
CREATE UNIQUE INDEX users_verified_email_idx ON users (email) WHERE email_verified;

CREATE FUNCTION refuse_role_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the role is set once' USING ERRCODE = 'check_violation', CONSTRAINT = 'users_role_set_once_trigger';
END
$$;

CREATE TRIGGER users_role_set_once_trigger BEFORE UPDATE OF role ON users
  FOR EACH ROW WHEN (old.role IS NOT NULL AND new.role IS DISTINCT FROM old.role)
  EXECUTE FUNCTION refuse_role_change();

-- A person at an identity provider. `subject` is the provider's own id, the only value that it promises never to reuse.
CREATE TABLE identities (
  provider text NOT NULL CHECK (provider IN ('google', 'firebase')),
  subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email text CHECK (length(email) BETWEEN 3 AND 254),
  email_verified boolean NOT NULL DEFAULT false,
  -- The Firebase account through which a Google identity signed in; it is deleted with the person.
  firebase_uid text CHECK (length(firebase_uid) BETWEEN 1 AND 128),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, subject),
  CONSTRAINT identities_verified_email_check CHECK (email IS NOT NULL OR NOT email_verified),
  CONSTRAINT identities_canonical_email_check CHECK (email !~ '[A-Z]')
);
CREATE INDEX identities_user_id_idx ON identities (user_id);

-- A session is a family of refresh tokens: one sign-in on one device.
CREATE TABLE sessions (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider text NOT NULL CHECK (provider IN ('google', 'firebase')),
  -- What the phone said of itself, so that a person recognises it in the list of sessions.
  device_id text CHECK (length(device_id) BETWEEN 1 AND 128),
  device_name text CHECK (length(device_name) BETWEEN 1 AND 100),
  device_platform text CHECK (device_platform IN ('ios', 'android', 'web')),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  -- The absolute end, however often it is refreshed until then.
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text CHECK (end_reason IN ('signed_out', 'token_reused')),
  -- Whether Firestore may have its document, which lets it listen.
  listening boolean NOT NULL DEFAULT false,
  -- For devices: a device and its session belong to one person.
  UNIQUE (id, user_id),
  CONSTRAINT sessions_lifetime_check CHECK (expires_at > created_at),
  CONSTRAINT sessions_end_check CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_user_id_created_at_idx ON sessions (user_id, created_at DESC, id DESC);
CREATE INDEX sessions_last_used_at_idx ON sessions (last_used_at);
-- For sweep: sessions that have ended and may still have their document.
CREATE INDEX sessions_listening_idx ON sessions (ended_at) WHERE listening AND ended_at IS NOT NULL;

-- Tokens as SHA-256 hashes. A spent one stays for as long as its successor lives, so that a late repetition and a theft can be distinguished.
CREATE TABLE refresh_tokens (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  -- Place in the family, from 0. Unique per session: a token can't have two successors.
  generation integer NOT NULL CHECK (generation >= 0),
  issued_at timestamptz NOT NULL,
  -- The idle expiry; spending moves it to the successor's, because the token can return that successor until then.
  expires_at timestamptz NOT NULL,
  spent_at timestamptz,
  -- Hash of the attempt key that the token was spent with.
  attempt_hash bytea CHECK (octet_length(attempt_hash) = 32),
  UNIQUE (session_id, generation),
  CONSTRAINT refresh_tokens_lifetime_check CHECK (expires_at > issued_at),
  CONSTRAINT refresh_tokens_spent_check CHECK ((spent_at IS NULL) = (attempt_hash IS NULL))
);

-- At most one token of a family can be spent next.
CREATE UNIQUE INDEX refresh_tokens_unspent_idx ON refresh_tokens (session_id) WHERE spent_at IS NULL;
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);

-- One-time codes of the browser flow, and for one minute the identity that each stands for. Redeeming a code deletes its row.
CREATE TABLE sign_in_codes (
  code_hash bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  -- The app's PKCE challenge (RFC 7636, S256).
  challenge text NOT NULL CHECK (length(challenge) = 43),
  subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  name text CHECK (length(name) BETWEEN 1 AND 200),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_codes_expires_at_idx ON sign_in_codes (expires_at);
