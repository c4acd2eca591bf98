-- People, the ways they sign in, their sessions, the audit log and the shared rate counters.

CREATE TABLE users (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  -- What the identity provider said. Only a verified address may be matched against; an unverified one is for display.
  email text CHECK (length(email) BETWEEN 3 AND 254),
  email_verified boolean NOT NULL DEFAULT false CHECK (email IS NOT NULL OR NOT email_verified),
  name text CHECK (length(name) BETWEEN 1 AND 200),
  -- Null until enrolment; set once, which the trigger below holds.
  role text CHECK (role IN ('care_giver', 'care_recipient')),
  time_zone text NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) BETWEEN 1 AND 64),
  language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'ko')),
  -- In the person's own time zone; `quiet_from` may be later than `quiet_to`, the span then passes midnight.
  quiet_from time,
  quiet_to time,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);

-- One account per verified address, however it signs in.
CREATE UNIQUE INDEX users_verified_email ON users (lower(email)) WHERE email_verified;

CREATE FUNCTION refuse_role_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the role is set once' USING errcode = 'check_violation', CONSTRAINT = 'users_role_set_once';
END
$$;

CREATE TRIGGER users_role_set_once BEFORE UPDATE OF role ON users
  FOR EACH ROW WHEN (old.role IS NOT NULL AND new.role IS DISTINCT FROM old.role)
  EXECUTE FUNCTION refuse_role_change();

-- A person at an identity provider. `subject` is the provider's own id, the only thing it promises never to reuse.
CREATE TABLE identities (
  provider text NOT NULL CHECK (provider IN ('google', 'firebase')),
  subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email text CHECK (length(email) BETWEEN 3 AND 254),
  email_verified boolean NOT NULL DEFAULT false CHECK (email IS NOT NULL OR NOT email_verified),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, subject)
);

CREATE INDEX identities_of_user ON identities (user_id);

-- A session is a family of refresh tokens: one sign-in on one device.
CREATE TABLE sessions (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider text NOT NULL CHECK (provider IN ('google', 'firebase')),
  device_id text CHECK (length(device_id) BETWEEN 1 AND 128),
  device_name text CHECK (length(device_name) BETWEEN 1 AND 100),
  device_platform text CHECK (device_platform IN ('ios', 'android', 'web')),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  -- The absolute end, whatever is refreshed until then.
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  ended_at timestamptz,
  end_reason text CHECK (end_reason IN ('signed_out', 'token_reused')),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

CREATE INDEX sessions_of_user ON sessions (user_id, created_at DESC, id DESC);
CREATE INDEX sessions_by_last_use ON sessions (last_used_at);

-- Tokens as SHA-256 hashes. A spent one stays for as long as its successor lives, so that a late repetition and a theft can be told apart.
CREATE TABLE refresh_tokens (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  -- Place in the family, from 0. Unique per session: a token can't have two successors.
  generation integer NOT NULL CHECK (generation >= 0),
  issued_at timestamptz NOT NULL,
  -- The idle expiry; spending moves it to the successor's, because the token can return that successor until then.
  expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
  spent_at timestamptz,
  -- Hash of the attempt key that the token was spent with.
  attempt_hash bytea CHECK (octet_length(attempt_hash) = 32),
  UNIQUE (session_id, generation),
  CHECK ((spent_at IS NULL) = (attempt_hash IS NULL))
);

-- At most one token of a family can be spent next.
CREATE UNIQUE INDEX refresh_tokens_unspent ON refresh_tokens (session_id) WHERE spent_at IS NULL;
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- The browser flow's one-time codes, and for their minute the identity they stand for. Redeeming deletes the row.
CREATE TABLE sign_in_codes (
  code_hash bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  -- The app's PKCE challenge (RFC 7636, S256).
  challenge text NOT NULL CHECK (length(challenge) = 43),
  subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  name text CHECK (length(name) BETWEEN 1 AND 200),
  expires_at timestamptz NOT NULL
);

CREATE INDEX sign_in_codes_by_expiry ON sign_in_codes (expires_at);

-- What happened to accounts and groups: ids and names of events, never contents. Without foreign keys, so that it outlives an erasure.
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  action text NOT NULL CHECK (action ~ '^[a-z_]{1,64}$'),
  outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
  -- Why it was refused: an error code.
  reason text CHECK (reason ~ '^[a-z_]{1,64}$'),
  -- Who acted; null when that isn't known.
  user_id text,
  session_id text,
  -- Whom it was done to, where that is somebody else.
  other_user_id text,
  space_id text,
  request_id text
);

CREATE INDEX audit_log_of_user ON audit_log (user_id, at);
CREATE INDEX audit_log_by_time ON audit_log (at);

-- Requests per minute, summed over all instances. Unlogged: a counter lost in a database crash is no harm, and hashes of
-- addresses stay out of backups.
CREATE UNLOGGED TABLE rate_windows (
  -- A hash of window, budget and subject.
  counter bytea PRIMARY KEY CHECK (octet_length(counter) = 16),
  window_start timestamptz NOT NULL,
  used integer NOT NULL CHECK (used >= 0)
);

CREATE INDEX rate_windows_by_start ON rate_windows (window_start);
