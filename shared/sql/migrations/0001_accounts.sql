-- People, the ways they sign in, their sessions, the audit log and the shared rate counters.

create table users (
  id text primary key check (length(id) between 1 and 64),
  -- What the identity provider said. Only a verified address may be matched against; an unverified one is for display.
  email text check (length(email) between 3 and 254),
  email_verified boolean not null default false check (email is not null or not email_verified),
  name text check (length(name) between 1 and 200),
  -- Null until enrolment; set once, which the trigger below holds.
  role text check (role in ('care_giver', 'care_recipient')),
  time_zone text not null default 'UTC' check (length(time_zone) between 1 and 64),
  language text not null default 'en' check (language in ('en', 'ko')),
  -- In the person's own time zone; `quiet_from` may be later than `quiet_to`, the span then passes midnight.
  quiet_from time,
  quiet_to time,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((quiet_from is null) = (quiet_to is null))
);

-- One account per verified address, however it signs in.
create unique index users_verified_email on users (lower(email)) where email_verified;

create function refuse_role_change() returns trigger language plpgsql as $$
begin
  raise exception 'the role is set once' using errcode = 'check_violation', constraint = 'users_role_set_once';
end
$$;

create trigger users_role_set_once before update of role on users
  for each row when (old.role is not null and new.role is distinct from old.role)
  execute function refuse_role_change();

-- A person at an identity provider. `subject` is the provider's own id, the only thing it promises never to reuse.
create table identities (
  provider text not null check (provider in ('google', 'firebase')),
  subject text not null check (length(subject) between 1 and 255),
  user_id text not null references users (id) on delete cascade,
  email text check (length(email) between 3 and 254),
  email_verified boolean not null default false check (email is not null or not email_verified),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  primary key (provider, subject)
);

create index identities_of_user on identities (user_id);

-- A session is a family of refresh tokens: one sign-in on one device.
create table sessions (
  id text primary key check (length(id) between 1 and 64),
  user_id text not null references users (id) on delete cascade,
  provider text not null check (provider in ('google', 'firebase')),
  device_id text check (length(device_id) between 1 and 128),
  device_name text check (length(device_name) between 1 and 100),
  device_platform text check (device_platform in ('ios', 'android', 'web')),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  -- The absolute end, whatever is refreshed until then.
  expires_at timestamptz not null check (expires_at > created_at),
  ended_at timestamptz,
  end_reason text check (end_reason in ('signed_out', 'token_reused')),
  check ((ended_at is null) = (end_reason is null))
);

create index sessions_of_user on sessions (user_id, created_at desc, id desc) where ended_at is null;
create index sessions_by_expiry on sessions (expires_at);

-- Tokens as SHA-256 hashes. A spent one stays for as long as its successor lives, so that a late repetition and a theft can be told apart.
create table refresh_tokens (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  session_id text not null references sessions (id) on delete cascade,
  -- Place in the family, from 0. Unique per session: a token can't have two successors.
  generation integer not null check (generation >= 0),
  issued_at timestamptz not null,
  -- The idle expiry; spending moves it to the successor's, because the token can return that successor until then.
  expires_at timestamptz not null check (expires_at > issued_at),
  spent_at timestamptz,
  -- Hash of the attempt key that the token was spent with.
  attempt_hash bytea check (octet_length(attempt_hash) = 32),
  unique (session_id, generation),
  check ((spent_at is null) = (attempt_hash is null))
);

-- At most one token of a family can be spent next.
create unique index refresh_tokens_unspent on refresh_tokens (session_id) where spent_at is null;
create index refresh_tokens_by_expiry on refresh_tokens (expires_at);

-- The browser flow's one-time codes, and for their minute the identity they stand for. Redeeming deletes the row.
create table sign_in_codes (
  code_hash bytea primary key check (octet_length(code_hash) = 32),
  -- The app's PKCE challenge (RFC 7636, S256).
  challenge text not null check (length(challenge) = 43),
  subject text not null check (length(subject) between 1 and 255),
  email text not null check (length(email) between 3 and 254),
  name text check (length(name) between 1 and 200),
  expires_at timestamptz not null
);

create index sign_in_codes_by_expiry on sign_in_codes (expires_at);

-- What happened to accounts and groups: ids and names of events, never contents. Without foreign keys, so that it outlives an erasure.
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  action text not null check (action ~ '^[a-z_]{1,64}$'),
  outcome text not null check (outcome in ('done', 'refused')),
  -- Why it was refused: an error code.
  reason text check (reason ~ '^[a-z_]{1,64}$'),
  -- Who acted; null when that isn't known.
  user_id text,
  session_id text,
  -- Whom it was done to, where that is somebody else.
  other_user_id text,
  group_id text,
  request_id text
);

create index audit_log_of_user on audit_log (user_id, at);
create index audit_log_by_time on audit_log (at);

-- Requests per minute, summed over all instances. Unlogged: a counter lost in a database crash is no harm, and hashes of
-- addresses stay out of backups.
create unlogged table rate_windows (
  -- A hash of window, budget and subject.
  counter bytea primary key check (octet_length(counter) = 16),
  window_start timestamptz not null,
  used integer not null check (used >= 0)
);

create index rate_windows_by_start on rate_windows (window_start);
