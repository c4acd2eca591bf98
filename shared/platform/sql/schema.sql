-- The schema that the migrations make, all of it, for reading. Made by `npm run schema`; a test compares it with the migrations.
-- Tables come after the tables that they refer to.

CREATE OR REPLACE FUNCTION delete_devices_of_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM public.devices WHERE session_id = new.id;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION known_zone(name text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  PERFORM now() AT TIME ZONE name;
  RETURN name;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'UTC';
END
$function$;

CREATE OR REPLACE FUNCTION rebuild_progress()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('["progress","' || new.id || '"]', 0));
  DELETE FROM public.game_progress WHERE player_id = new.id;
  INSERT INTO public.game_progress (space_id, player_id, game, channel, metric, bucket, starts_on, median, n)
  SELECT m.space_id, m.player_id, m.game, m.channel, m.metric, b.bucket,
    date_trunc(b.bucket, m.started_at AT TIME ZONE public.known_zone(new.time_zone))::date AS starts_on,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value), count(*)
  FROM public.game_sessions AS s JOIN public.game_session_metrics AS m ON m.resource_id = s.resource_id
    CROSS JOIN (VALUES ('day'), ('week')) AS b (bucket)
  WHERE s.player_id = new.id AND m.value IS NOT NULL
  GROUP BY m.space_id, m.player_id, m.game, m.channel, m.metric, b.bucket, starts_on;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION refresh_progress()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  -- Two transactions may each add a session of one player: the second waits, and then sees the first one's.
  PERFORM pg_advisory_xact_lock(hashtextextended('["progress","' || player_id || '"]', 0))
    FROM (SELECT DISTINCT player_id FROM changed ORDER BY player_id) AS players;
  WITH touched AS (
    SELECT DISTINCT c.space_id, c.player_id, c.game, c.channel, c.metric, b.bucket, z.zone,
      date_trunc(b.bucket, c.started_at AT TIME ZONE z.zone)::date AS starts_on
    FROM changed AS c JOIN public.users AS u ON u.id = c.player_id
      CROSS JOIN LATERAL (SELECT public.known_zone(u.time_zone) AS zone) AS z
      CROSS JOIN (VALUES ('day'), ('week')) AS b (bucket)
  ), fresh AS (
    SELECT t.space_id, t.player_id, t.game, t.channel, t.metric, t.bucket, t.starts_on, now.median, now.n
    FROM touched AS t CROSS JOIN LATERAL (
      SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value) AS median, count(*)::integer AS n
      FROM public.game_session_metrics AS m
      WHERE m.space_id = t.space_id AND m.player_id = t.player_id AND m.game = t.game AND m.channel = t.channel AND m.metric = t.metric
        AND m.value IS NOT NULL
        AND m.started_at >= t.starts_on::timestamp AT TIME ZONE t.zone
        AND m.started_at < (t.starts_on + ('1 ' || t.bucket)::interval)::timestamp AT TIME ZONE t.zone
    ) AS now
  ), gone AS (
    DELETE FROM public.game_progress AS p USING fresh AS f
    WHERE f.n = 0 AND p.space_id = f.space_id AND p.player_id = f.player_id AND p.game = f.game AND p.channel = f.channel
      AND p.metric = f.metric AND p.bucket = f.bucket AND p.starts_on = f.starts_on
  )
  INSERT INTO public.game_progress AS p (space_id, player_id, game, channel, metric, bucket, starts_on, median, n)
  SELECT f.space_id, f.player_id, f.game, f.channel, f.metric, f.bucket, f.starts_on, f.median, f.n FROM fresh AS f WHERE f.n > 0
  ON CONFLICT (space_id, player_id, game, channel, metric, bucket, starts_on) DO UPDATE SET median = excluded.median, n = excluded.n;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION refuse_restoring()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'an erased result stays erased'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'result_versions_erased_for_good_trigger';
END
$function$;

CREATE OR REPLACE FUNCTION refuse_role_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the role is set once' USING ERRCODE = 'check_violation', CONSTRAINT = 'users_role_set_once_trigger';
END
$function$;

REVOKE EXECUTE ON FUNCTION delete_devices_of_session() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION rebuild_progress() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION refresh_progress() FROM PUBLIC;

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT now(),
  action text NOT NULL,
  outcome text NOT NULL,
  reason text,
  user_id text,
  session_id text,
  other_user_id text,
  space_id text,
  request_id text,
  CONSTRAINT audit_log_pkey PRIMARY KEY (id),
  CONSTRAINT audit_log_action_check CHECK ((action ~ '^[a-z_]{1,64}$'::text)),
  CONSTRAINT audit_log_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'refused'::text]))),
  CONSTRAINT audit_log_reason_check CHECK ((reason ~ '^[a-z_]{1,64}$'::text))
);
CREATE INDEX audit_log_at_idx ON audit_log USING btree (at);
CREATE INDEX audit_log_user_id_at_idx ON audit_log USING btree (user_id, at);
GRANT INSERT ON audit_log TO reverie_auth;
GRANT INSERT, SELECT (id, at, action, outcome, reason, user_id, space_id) ON audit_log TO reverie_groups;
GRANT INSERT ON audit_log TO reverie_library;
GRANT DELETE, INSERT, SELECT (id, at) ON audit_log TO reverie_sweep;

CREATE TABLE daily_counts (
  giver_key bytea NOT NULL,
  what text NOT NULL,
  recipient_key bytea NOT NULL,
  day date NOT NULL,
  count integer NOT NULL,
  CONSTRAINT daily_counts_pkey PRIMARY KEY (giver_key, what, recipient_key, day),
  CONSTRAINT daily_counts_count_check CHECK ((count > 0)),
  CONSTRAINT daily_counts_giver_key_check CHECK ((octet_length(giver_key) = 32)),
  CONSTRAINT daily_counts_what_check CHECK ((what = ANY (ARRAY['invite'::text, 'invite_pair'::text, 'try'::text, 'try_pair'::text, 'mailed'::text])))
);
CREATE INDEX daily_counts_day_idx ON daily_counts USING btree (day);
GRANT INSERT, SELECT, UPDATE (count) ON daily_counts TO reverie_dispatch;
GRANT INSERT, SELECT, UPDATE (count) ON daily_counts TO reverie_groups;
GRANT DELETE, SELECT (ctid, day), UPDATE (count) ON daily_counts TO reverie_sweep;

CREATE TABLE erasures (
  user_id text NOT NULL,
  role text,
  space_ids text[] NOT NULL,
  former_members text[] NOT NULL,
  firebase_uids text[] NOT NULL,
  requested_at timestamp with time zone NOT NULL,
  took jsonb NOT NULL,
  done_at timestamp with time zone,
  next_at timestamp with time zone,
  busy_until timestamp with time zone,
  CONSTRAINT erasures_pkey PRIMARY KEY (user_id),
  CONSTRAINT erasures_role_check CHECK ((role = ANY (ARRAY['care_giver'::text, 'care_recipient'::text])))
);
CREATE INDEX erasures_due_idx ON erasures USING btree (next_at) WHERE (next_at IS NOT NULL);
GRANT INSERT, SELECT, UPDATE (former_members, firebase_uids, took, done_at, next_at, busy_until) ON erasures TO reverie_groups;
GRANT SELECT, UPDATE (former_members, firebase_uids, took, done_at, next_at, busy_until) ON erasures TO reverie_sweep;

CREATE TABLE outbox (
  id text NOT NULL,
  event jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  published_at timestamp with time zone,
  CONSTRAINT outbox_pkey PRIMARY KEY (id),
  CONSTRAINT outbox_id_check CHECK (((length(id) >= 1) AND (length(id) <= 120)))
);
CREATE INDEX outbox_published_idx ON outbox USING btree (published_at) WHERE (published_at IS NOT NULL);
CREATE INDEX outbox_space_id_idx ON outbox USING btree (((event ->> 'spaceId'::text)));
CREATE INDEX outbox_unpublished_idx ON outbox USING btree (created_at) WHERE (published_at IS NULL);
CREATE INDEX outbox_user_id_idx ON outbox USING btree (((event ->> 'userId'::text)));
GRANT INSERT, SELECT (id, published_at), UPDATE (published_at) ON outbox TO reverie_admin;
GRANT INSERT, SELECT (id, published_at), UPDATE (published_at) ON outbox TO reverie_dispatch;
GRANT DELETE, INSERT, SELECT, UPDATE (published_at) ON outbox TO reverie_groups;
GRANT DELETE, INSERT, SELECT, UPDATE (published_at) ON outbox TO reverie_sweep;
GRANT INSERT, SELECT (id, published_at), UPDATE (published_at) ON outbox TO reverie_sync;

CREATE UNLOGGED TABLE rate_windows (
  counter bytea NOT NULL,
  window_start timestamp with time zone NOT NULL,
  used integer NOT NULL,
  CONSTRAINT rate_windows_pkey PRIMARY KEY (counter),
  CONSTRAINT rate_windows_counter_check CHECK ((octet_length(counter) = 16)),
  CONSTRAINT rate_windows_used_check CHECK ((used >= 0))
);
CREATE INDEX rate_windows_window_start_idx ON rate_windows USING btree (window_start);
GRANT DELETE, INSERT, SELECT, UPDATE (used) ON rate_windows TO reverie_auth;
GRANT DELETE, INSERT, SELECT, UPDATE (used) ON rate_windows TO reverie_groups;
GRANT DELETE, INSERT, SELECT, UPDATE (used) ON rate_windows TO reverie_jobs;
GRANT DELETE, INSERT, SELECT, UPDATE (used) ON rate_windows TO reverie_library;
GRANT DELETE, INSERT, SELECT, UPDATE (used) ON rate_windows TO reverie_streams;
GRANT DELETE, SELECT (counter, window_start), UPDATE (used) ON rate_windows TO reverie_sweep;
GRANT DELETE, INSERT, SELECT, UPDATE (used) ON rate_windows TO reverie_uploads;

CREATE TABLE result_versions (
  job_id text COLLATE "C" NOT NULL,
  version timestamp with time zone NOT NULL,
  state text NOT NULL,
  space_id text,
  notified_at timestamp with time zone,
  CONSTRAINT result_versions_pkey PRIMARY KEY (job_id),
  CONSTRAINT result_versions_job_id_check CHECK (((length(job_id) >= 1) AND (length(job_id) <= 1500))),
  CONSTRAINT result_versions_state_check CHECK ((state = ANY (ARRAY['synced'::text, 'gone'::text, 'quarantined'::text, 'erased'::text])))
);
CREATE INDEX result_versions_space_id_idx ON result_versions USING btree (space_id);
CREATE TRIGGER result_versions_erased_for_good_trigger BEFORE UPDATE OF state ON result_versions FOR EACH ROW WHEN (old.state = 'erased'::text AND new.state <> 'erased'::text) EXECUTE FUNCTION refuse_restoring();
GRANT INSERT, SELECT, UPDATE ON result_versions TO reverie_admin;
GRANT SELECT (space_id), UPDATE (state) ON result_versions TO reverie_groups;
GRANT SELECT (job_id), UPDATE (state) ON result_versions TO reverie_library;
GRANT INSERT, SELECT, UPDATE ON result_versions TO reverie_sweep;
GRANT INSERT, SELECT, UPDATE ON result_versions TO reverie_sync;

CREATE TABLE removals (
  job_id text COLLATE "C" NOT NULL,
  object_prefix text,
  requested_at timestamp with time zone NOT NULL,
  CONSTRAINT removals_pkey PRIMARY KEY (job_id),
  CONSTRAINT removals_object_prefix_check CHECK ((object_prefix ~~ 'spaces/%/jobs/%/'::text)),
  CONSTRAINT removals_job_id_fkey FOREIGN KEY (job_id) REFERENCES result_versions(job_id)
);
GRANT DELETE, INSERT, SELECT ON removals TO reverie_admin;
GRANT DELETE, INSERT, SELECT ON removals TO reverie_library;
GRANT DELETE, INSERT, SELECT ON removals TO reverie_sweep;
GRANT DELETE, INSERT, SELECT ON removals TO reverie_sync;

CREATE TABLE sign_in_codes (
  code_hash bytea NOT NULL,
  challenge text NOT NULL,
  subject text NOT NULL,
  email text NOT NULL,
  name text,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT sign_in_codes_pkey PRIMARY KEY (code_hash),
  CONSTRAINT sign_in_codes_challenge_check CHECK ((length(challenge) = 43)),
  CONSTRAINT sign_in_codes_code_hash_check CHECK ((octet_length(code_hash) = 32)),
  CONSTRAINT sign_in_codes_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  CONSTRAINT sign_in_codes_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT sign_in_codes_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 255)))
);
CREATE INDEX sign_in_codes_expires_at_idx ON sign_in_codes USING btree (expires_at);
GRANT DELETE, INSERT, SELECT ON sign_in_codes TO reverie_auth;
GRANT DELETE, SELECT (code_hash, expires_at), UPDATE (expires_at) ON sign_in_codes TO reverie_sweep;

CREATE TABLE tombstones (
  space_id text NOT NULL,
  erased_at timestamp with time zone NOT NULL,
  CONSTRAINT tombstones_pkey PRIMARY KEY (space_id)
);
GRANT SELECT (space_id) ON tombstones TO reverie_admin;
GRANT INSERT ON tombstones TO reverie_groups;
GRANT SELECT (space_id) ON tombstones TO reverie_library;
GRANT SELECT (space_id) ON tombstones TO reverie_sweep;
GRANT SELECT (space_id) ON tombstones TO reverie_sync;

CREATE TABLE users (
  id text NOT NULL,
  email text,
  email_written text,
  email_verified boolean NOT NULL DEFAULT false,
  email_joinable boolean NOT NULL DEFAULT false,
  name text,
  role text,
  time_zone text NOT NULL DEFAULT 'UTC'::text,
  language text NOT NULL DEFAULT 'en'::text,
  quiet_from time without time zone,
  quiet_to time without time zone,
  notify_bests boolean NOT NULL DEFAULT true,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_canonical_email_check CHECK ((email !~ '[A-Z]'::text)),
  CONSTRAINT users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  CONSTRAINT users_email_written_check CHECK (((length(email_written) >= 3) AND (length(email_written) <= 254))),
  CONSTRAINT users_id_check CHECK (((length(id) >= 1) AND (length(id) <= 64))),
  CONSTRAINT users_joinable_email_check CHECK ((email_verified OR (NOT email_joinable))),
  CONSTRAINT users_language_check CHECK ((language = ANY (ARRAY['en'::text, 'ko'::text]))),
  CONSTRAINT users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT users_quiet_hours_check CHECK (((quiet_from IS NULL) = (quiet_to IS NULL))),
  CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['care_giver'::text, 'care_recipient'::text]))),
  CONSTRAINT users_time_zone_check CHECK (((length(time_zone) >= 1) AND (length(time_zone) <= 64))),
  CONSTRAINT users_verified_email_check CHECK (((email IS NOT NULL) OR (NOT email_verified)))
);
CREATE UNIQUE INDEX users_verified_email_idx ON users USING btree (email) WHERE email_verified;
CREATE TRIGGER users_role_set_once_trigger BEFORE UPDATE OF role ON users FOR EACH ROW WHEN (old.role IS NOT NULL AND new.role IS DISTINCT FROM old.role) EXECUTE FUNCTION refuse_role_change();
CREATE TRIGGER users_time_zone_trigger AFTER UPDATE OF time_zone ON users FOR EACH ROW WHEN (old.time_zone IS DISTINCT FROM new.time_zone) EXECUTE FUNCTION rebuild_progress();
GRANT SELECT (id), UPDATE (updated_at) ON users TO reverie_admin;
GRANT INSERT, SELECT (id, email, email_written, email_verified, email_joinable, name, role), UPDATE (email, email_written, email_verified, email_joinable, updated_at) ON users TO reverie_auth;
GRANT SELECT (id, email, email_written, email_verified, name, role, time_zone, language, quiet_from, quiet_to, notify_bests, created_at) ON users TO reverie_dispatch;
GRANT DELETE, SELECT (id, email, email_written, email_verified, name, role, time_zone, language, quiet_from, quiet_to, notify_bests, created_at), UPDATE (name, role, time_zone, language, quiet_from, quiet_to, notify_bests, updated_at) ON users TO reverie_groups;
GRANT SELECT (id, time_zone, language, quiet_from, quiet_to, notify_bests) ON users TO reverie_notify;
GRANT SELECT (id), UPDATE (updated_at) ON users TO reverie_sweep;
GRANT SELECT (id), UPDATE (updated_at) ON users TO reverie_sync;

CREATE TABLE badges (
  id text NOT NULL,
  user_id text NOT NULL,
  type text NOT NULL,
  local_date date NOT NULL,
  earned_at timestamp with time zone NOT NULL,
  CONSTRAINT badges_pkey PRIMARY KEY (id),
  CONSTRAINT badges_user_id_local_date_key UNIQUE (user_id, local_date),
  CONSTRAINT badges_id_check CHECK ((id ~ '^[0-9a-z]{20,40}$'::text)),
  CONSTRAINT badges_type_check CHECK ((type = ANY (ARRAY['GREAT_JOB'::text, 'EXCELLENT_WORK'::text, 'LOVELY'::text]))),
  CONSTRAINT badges_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
GRANT INSERT, SELECT ON badges TO reverie_groups;

CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  body_hash bytea NOT NULL,
  status smallint NOT NULL,
  headers jsonb NOT NULL,
  body text NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, route, key),
  CONSTRAINT idempotency_keys_body_hash_check CHECK ((octet_length(body_hash) = 32)),
  CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  CONSTRAINT idempotency_keys_route_check CHECK (((length(route) >= 1) AND (length(route) <= 200))),
  CONSTRAINT idempotency_keys_status_check CHECK (((status >= 200) AND (status <= 299))),
  CONSTRAINT idempotency_keys_caller_fkey FOREIGN KEY (caller) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys USING btree (expires_at);
GRANT DELETE, INSERT, SELECT, UPDATE (body_hash, status, headers, body, expires_at) ON idempotency_keys TO reverie_groups;
GRANT INSERT, SELECT, UPDATE (body_hash, status, headers, body, expires_at) ON idempotency_keys TO reverie_library;
GRANT DELETE, SELECT (ctid, expires_at), UPDATE (expires_at) ON idempotency_keys TO reverie_sweep;

CREATE TABLE identities (
  provider text NOT NULL,
  subject text NOT NULL,
  user_id text NOT NULL,
  email text,
  email_verified boolean NOT NULL DEFAULT false,
  firebase_uid text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  last_used_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT identities_pkey PRIMARY KEY (provider, subject),
  CONSTRAINT identities_canonical_email_check CHECK ((email !~ '[A-Z]'::text)),
  CONSTRAINT identities_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  CONSTRAINT identities_firebase_uid_check CHECK (((length(firebase_uid) >= 1) AND (length(firebase_uid) <= 128))),
  CONSTRAINT identities_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'firebase'::text]))),
  CONSTRAINT identities_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 255))),
  CONSTRAINT identities_verified_email_check CHECK (((email IS NOT NULL) OR (NOT email_verified))),
  CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX identities_user_id_idx ON identities USING btree (user_id);
GRANT INSERT, SELECT (provider, subject, user_id, email, email_verified, firebase_uid, last_used_at), UPDATE (email, email_verified, firebase_uid, last_used_at) ON identities TO reverie_auth;
GRANT SELECT (provider, subject, user_id, email, firebase_uid, created_at, last_used_at) ON identities TO reverie_groups;

CREATE TABLE invitations (
  id text NOT NULL,
  giver_id text NOT NULL,
  recipient_key bytea NOT NULL,
  recipient_email text,
  recipient_id text,
  mail_state text NOT NULL DEFAULT 'pending'::text,
  code_seed bytea,
  code_hash bytea,
  tries smallint NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  CONSTRAINT invitations_pkey PRIMARY KEY (id),
  CONSTRAINT invitations_address_check CHECK (((mail_state <> 'pending'::text) OR (recipient_email IS NOT NULL))),
  CONSTRAINT invitations_code_check CHECK (((code_seed IS NULL) OR (code_hash IS NOT NULL))),
  CONSTRAINT invitations_code_hash_check CHECK ((octet_length(code_hash) = 32)),
  CONSTRAINT invitations_code_seed_check CHECK ((octet_length(code_seed) = 16)),
  CONSTRAINT invitations_id_check CHECK ((id ~ '^[0-9a-z]{20,40}$'::text)),
  CONSTRAINT invitations_lifetime_check CHECK ((expires_at > created_at)),
  CONSTRAINT invitations_mail_state_check CHECK ((mail_state = ANY (ARRAY['pending'::text, 'sent'::text, 'no_recipient'::text, 'refused'::text, 'capped'::text, 'cancelled'::text]))),
  CONSTRAINT invitations_recipient_email_check CHECK (((length(recipient_email) >= 3) AND (length(recipient_email) <= 320))),
  CONSTRAINT invitations_recipient_key_check CHECK ((octet_length(recipient_key) = 32)),
  CONSTRAINT invitations_tries_check CHECK (((tries >= 0) AND (tries <= 5))),
  CONSTRAINT invitations_giver_id_fkey FOREIGN KEY (giver_id) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT invitations_recipient_id_fkey FOREIGN KEY (recipient_id) REFERENCES users(id) ON DELETE SET NULL
);
CREATE INDEX invitations_expires_at_idx ON invitations USING btree (expires_at);
CREATE INDEX invitations_open_idx ON invitations USING btree (giver_id, recipient_key) WHERE ((revoked_at IS NULL) AND (confirmed_at IS NULL));
CREATE INDEX invitations_recipient_id_idx ON invitations USING btree (recipient_id);
CREATE INDEX invitations_unmailed_idx ON invitations USING btree (created_at) WHERE (mail_state = 'pending'::text);
CREATE INDEX invitations_with_address_idx ON invitations USING btree (expires_at) WHERE (recipient_email IS NOT NULL);
GRANT SELECT (id, giver_id, recipient_key, recipient_email, mail_state, code_seed, expires_at, revoked_at, confirmed_at), UPDATE (recipient_email, recipient_id, mail_state, code_seed, code_hash) ON invitations TO reverie_dispatch;
GRANT INSERT, SELECT (id, giver_id, recipient_key, recipient_email, recipient_id, mail_state, code_hash, tries, created_at, expires_at, revoked_at, confirmed_at), UPDATE (recipient_email, mail_state, code_seed, code_hash, tries, revoked_at, confirmed_at) ON invitations TO reverie_groups;
GRANT DELETE, SELECT (id, recipient_email, mail_state, created_at, expires_at, revoked_at), UPDATE (recipient_email, mail_state, code_seed) ON invitations TO reverie_sweep;

CREATE TABLE sessions (
  id text NOT NULL,
  user_id text NOT NULL,
  provider text NOT NULL,
  device_id text,
  device_name text,
  device_platform text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  last_used_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  end_reason text,
  listening boolean NOT NULL DEFAULT false,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_id_user_id_key UNIQUE (id, user_id),
  CONSTRAINT sessions_device_id_check CHECK (((length(device_id) >= 1) AND (length(device_id) <= 128))),
  CONSTRAINT sessions_device_name_check CHECK (((length(device_name) >= 1) AND (length(device_name) <= 100))),
  CONSTRAINT sessions_device_platform_check CHECK ((device_platform = ANY (ARRAY['ios'::text, 'android'::text, 'web'::text]))),
  CONSTRAINT sessions_end_check CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
  CONSTRAINT sessions_end_reason_check CHECK ((end_reason = ANY (ARRAY['signed_out'::text, 'token_reused'::text]))),
  CONSTRAINT sessions_id_check CHECK (((length(id) >= 1) AND (length(id) <= 64))),
  CONSTRAINT sessions_lifetime_check CHECK ((expires_at > created_at)),
  CONSTRAINT sessions_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'firebase'::text]))),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX sessions_last_used_at_idx ON sessions USING btree (last_used_at);
CREATE INDEX sessions_listening_idx ON sessions USING btree (ended_at) WHERE (listening AND (ended_at IS NOT NULL));
CREATE INDEX sessions_user_id_created_at_idx ON sessions USING btree (user_id, created_at DESC, id DESC);
CREATE TRIGGER sessions_ended_trigger AFTER UPDATE OF ended_at ON sessions FOR EACH ROW WHEN (new.ended_at IS NOT NULL) EXECUTE FUNCTION delete_devices_of_session();
GRANT INSERT, SELECT, UPDATE (last_used_at, ended_at, end_reason, listening) ON sessions TO reverie_auth;
GRANT SELECT (id, user_id, device_name, device_platform, created_at, last_used_at, expires_at, ended_at), UPDATE (last_used_at) ON sessions TO reverie_groups;
GRANT SELECT (id, expires_at, ended_at) ON sessions TO reverie_notify;
GRANT SELECT (id, user_id, expires_at, ended_at) ON sessions TO reverie_streams;
GRANT DELETE, SELECT (id, last_used_at, ended_at, listening), UPDATE (last_used_at, listening) ON sessions TO reverie_sweep;

CREATE TABLE devices (
  user_id text NOT NULL,
  id text NOT NULL,
  session_id text NOT NULL,
  platform text NOT NULL,
  push_token text NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT devices_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT devices_push_token_key UNIQUE (push_token),
  CONSTRAINT devices_id_check CHECK (((length(id) >= 1) AND (length(id) <= 64))),
  CONSTRAINT devices_platform_check CHECK ((platform = ANY (ARRAY['ios'::text, 'android'::text, 'web'::text]))),
  CONSTRAINT devices_push_token_check CHECK (((length(push_token) >= 1) AND (length(push_token) <= 1024))),
  CONSTRAINT devices_session_id_user_id_fkey FOREIGN KEY (session_id, user_id) REFERENCES sessions(id, user_id) ON DELETE CASCADE
);
CREATE INDEX devices_session_id_idx ON devices USING btree (session_id);
GRANT DELETE, INSERT, SELECT, UPDATE (session_id, platform, push_token, updated_at) ON devices TO reverie_groups;
GRANT DELETE, SELECT (user_id, id, session_id, push_token) ON devices TO reverie_notify;

CREATE TABLE refresh_tokens (
  token_hash bytea NOT NULL,
  session_id text NOT NULL,
  generation integer NOT NULL,
  issued_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  spent_at timestamp with time zone,
  attempt_hash bytea,
  CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash),
  CONSTRAINT refresh_tokens_session_id_generation_key UNIQUE (session_id, generation),
  CONSTRAINT refresh_tokens_attempt_hash_check CHECK ((octet_length(attempt_hash) = 32)),
  CONSTRAINT refresh_tokens_generation_check CHECK ((generation >= 0)),
  CONSTRAINT refresh_tokens_lifetime_check CHECK ((expires_at > issued_at)),
  CONSTRAINT refresh_tokens_spent_check CHECK (((spent_at IS NULL) = (attempt_hash IS NULL))),
  CONSTRAINT refresh_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens USING btree (expires_at);
CREATE UNIQUE INDEX refresh_tokens_unspent_idx ON refresh_tokens USING btree (session_id) WHERE (spent_at IS NULL);
GRANT INSERT, SELECT, UPDATE (expires_at, spent_at, attempt_hash) ON refresh_tokens TO reverie_auth;
GRANT DELETE, SELECT (token_hash, expires_at), UPDATE (expires_at) ON refresh_tokens TO reverie_sweep;

CREATE TABLE spaces (
  id text NOT NULL,
  type text NOT NULL,
  title text,
  owner_id text,
  seq bigint NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL,
  log_after bigint NOT NULL DEFAULT 0,
  feed_at timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  feed_turn bigint NOT NULL DEFAULT 0,
  CONSTRAINT spaces_pkey PRIMARY KEY (id),
  CONSTRAINT spaces_id_type_key UNIQUE (id, type),
  CONSTRAINT spaces_id_check CHECK ((id ~ '^[0-9a-z]{20,40}$'::text)),
  CONSTRAINT spaces_owner_check CHECK (((owner_id IS NOT NULL) OR (type <> ALL (ARRAY['care'::text, 'personal'::text])))),
  CONSTRAINT spaces_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
  CONSTRAINT spaces_type_check CHECK ((type = ANY (ARRAY['care'::text, 'personal'::text, 'conversation'::text, 'site'::text]))),
  CONSTRAINT spaces_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users(id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX spaces_one_care_idx ON spaces USING btree (owner_id) WHERE (type = 'care'::text);
CREATE UNIQUE INDEX spaces_one_personal_idx ON spaces USING btree (owner_id) WHERE (type = 'personal'::text);
CREATE INDEX spaces_owner_id_idx ON spaces USING btree (owner_id);
GRANT SELECT (id, seq, feed_at, feed_turn), UPDATE (seq, feed_at, feed_turn) ON spaces TO reverie_admin;
GRANT INSERT ON spaces TO reverie_auth;
GRANT DELETE, INSERT, SELECT, SELECT (id, seq, feed_at, feed_turn), UPDATE (seq, feed_at, feed_turn) ON spaces TO reverie_groups;
GRANT SELECT (id, seq, log_after, feed_at, feed_turn), UPDATE (seq, feed_at, feed_turn) ON spaces TO reverie_library;
GRANT SELECT (id, seq, feed_at, feed_turn), UPDATE (seq, feed_at, feed_turn) ON spaces TO reverie_notify;
GRANT SELECT (id, seq, log_after) ON spaces TO reverie_streams;
GRANT SELECT (id, seq, log_after, feed_at, feed_turn), UPDATE (seq, log_after, feed_at, feed_turn) ON spaces TO reverie_sweep;
GRANT SELECT (id, seq, feed_at, feed_turn), UPDATE (seq, feed_at, feed_turn) ON spaces TO reverie_sync;

CREATE TABLE changes (
  space_id text NOT NULL,
  type text NOT NULL,
  id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  op text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT changes_pkey PRIMARY KEY (space_id, type, id),
  CONSTRAINT changes_id_check CHECK (((length(id) >= 1) AND (length(id) <= 128))),
  CONSTRAINT changes_op_check CHECK ((op = ANY (ARRAY['put'::text, 'delete'::text]))),
  CONSTRAINT changes_seq_check CHECK ((seq > 0)),
  CONSTRAINT changes_type_check CHECK ((type = ANY (ARRAY['resource'::text, 'vr_video'::text, 'job'::text, 'member'::text, 'badge'::text]))),
  CONSTRAINT changes_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE
);
CREATE INDEX changes_at_idx ON changes USING btree (at);
CREATE UNIQUE INDEX changes_space_id_seq_idx ON changes USING btree (space_id, seq);
GRANT INSERT, SELECT, UPDATE (seq, op, at) ON changes TO reverie_admin;
GRANT INSERT, SELECT, UPDATE (seq, op, at) ON changes TO reverie_groups;
GRANT INSERT, SELECT, UPDATE (seq, op, at) ON changes TO reverie_library;
GRANT INSERT, SELECT, UPDATE (seq, op, at) ON changes TO reverie_notify;
GRANT SELECT ON changes TO reverie_streams;
GRANT DELETE, INSERT, SELECT, UPDATE (seq, op, at) ON changes TO reverie_sweep;
GRANT INSERT, SELECT, UPDATE (seq, op, at) ON changes TO reverie_sync;

CREATE TABLE game_progress (
  space_id text NOT NULL,
  player_id text NOT NULL,
  game text NOT NULL,
  channel text NOT NULL,
  metric text NOT NULL,
  bucket text NOT NULL,
  starts_on date NOT NULL,
  median double precision NOT NULL,
  n integer NOT NULL,
  CONSTRAINT game_progress_pkey PRIMARY KEY (space_id, player_id, game, channel, metric, bucket, starts_on) INCLUDE (median, n),
  CONSTRAINT game_progress_bucket_check CHECK ((bucket = ANY (ARRAY['day'::text, 'week'::text]))),
  CONSTRAINT game_progress_n_check CHECK ((n > 0)),
  CONSTRAINT game_progress_player_id_fkey FOREIGN KEY (player_id) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT game_progress_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE
);
CREATE INDEX game_progress_player_id_idx ON game_progress USING btree (player_id);
GRANT SELECT ON game_progress TO reverie_library;

CREATE TABLE late_feeds (
  space_id text NOT NULL,
  since timestamp with time zone NOT NULL,
  CONSTRAINT late_feeds_pkey PRIMARY KEY (space_id),
  CONSTRAINT late_feeds_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE
);
CREATE INDEX late_feeds_since_idx ON late_feeds USING btree (since);
GRANT DELETE, INSERT, SELECT (space_id) ON late_feeds TO reverie_admin;
GRANT DELETE, INSERT, SELECT (space_id) ON late_feeds TO reverie_groups;
GRANT DELETE, INSERT, SELECT (space_id) ON late_feeds TO reverie_library;
GRANT DELETE, INSERT, SELECT (space_id) ON late_feeds TO reverie_notify;
GRANT DELETE, INSERT, SELECT (space_id, since) ON late_feeds TO reverie_sweep;
GRANT DELETE, INSERT, SELECT (space_id) ON late_feeds TO reverie_sync;

CREATE TABLE notifications (
  event_id text NOT NULL,
  event jsonb NOT NULL,
  space_id text,
  user_id text,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT notifications_pkey PRIMARY KEY (event_id),
  CONSTRAINT notifications_event_id_check CHECK (((length(event_id) >= 1) AND (length(event_id) <= 120))),
  CONSTRAINT notifications_subject_check CHECK ((num_nonnulls(space_id, user_id) = 1)),
  CONSTRAINT notifications_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE,
  CONSTRAINT notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX notifications_received_at_idx ON notifications USING btree (received_at);
CREATE INDEX notifications_space_id_idx ON notifications USING btree (space_id);
CREATE INDEX notifications_user_id_idx ON notifications USING btree (user_id);
GRANT INSERT, SELECT (event_id) ON notifications TO reverie_notify;
GRANT DELETE, SELECT (event_id, event, received_at), UPDATE (received_at) ON notifications TO reverie_sweep;

CREATE TABLE notification_deliveries (
  event_id text NOT NULL,
  user_id text NOT NULL,
  device_id text NOT NULL,
  due_at timestamp with time zone NOT NULL,
  claimed_until timestamp with time zone,
  outcome text,
  ended_at timestamp with time zone,
  CONSTRAINT notification_deliveries_pkey PRIMARY KEY (event_id, user_id, device_id),
  CONSTRAINT notification_deliveries_end_check CHECK (((outcome IS NULL) = (ended_at IS NULL))),
  CONSTRAINT notification_deliveries_outcome_check CHECK ((outcome = ANY (ARRAY['sent'::text, 'refused'::text, 'withdrawn'::text]))),
  CONSTRAINT notification_deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES notifications(event_id) ON DELETE CASCADE,
  CONSTRAINT notification_deliveries_user_id_device_id_fkey FOREIGN KEY (user_id, device_id) REFERENCES devices(user_id, id) ON DELETE CASCADE
);
CREATE INDEX notification_deliveries_open_idx ON notification_deliveries USING btree (due_at) WHERE (ended_at IS NULL);
CREATE INDEX notification_deliveries_user_id_device_id_idx ON notification_deliveries USING btree (user_id, device_id);
GRANT INSERT, SELECT, UPDATE (due_at, claimed_until, outcome, ended_at) ON notification_deliveries TO reverie_notify;
GRANT SELECT (event_id, due_at, claimed_until, ended_at) ON notification_deliveries TO reverie_sweep;

CREATE TABLE resources (
  id text NOT NULL,
  job_id text COLLATE "C" NOT NULL,
  space_id text,
  kind text NOT NULL,
  title text NOT NULL,
  given_title text,
  version text NOT NULL DEFAULT gen_random_uuid(),
  params jsonb NOT NULL,
  data jsonb,
  created_by text,
  lease_number integer NOT NULL,
  completed_at timestamp with time zone NOT NULL,
  hidden boolean NOT NULL DEFAULT false,
  CONSTRAINT resources_pkey PRIMARY KEY (id),
  CONSTRAINT resources_job_id_key UNIQUE (job_id),
  CONSTRAINT resources_given_title_check CHECK (((length(given_title) >= 1) AND (length(given_title) <= 200))),
  CONSTRAINT resources_id_check CHECK ((id ~ '^[0-9a-z]{20,40}$'::text)),
  CONSTRAINT resources_lease_number_check CHECK ((lease_number > 0)),
  CONSTRAINT resources_created_by_fkey FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL,
  CONSTRAINT resources_job_id_fkey FOREIGN KEY (job_id) REFERENCES result_versions(job_id),
  CONSTRAINT resources_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE
);
CREATE INDEX resources_created_by_idx ON resources USING btree (created_by);
CREATE INDEX resources_samples_idx ON resources USING btree (completed_at DESC, id DESC) WHERE (space_id IS NULL);
CREATE INDEX resources_samples_kind_idx ON resources USING btree (kind, completed_at DESC, id DESC) WHERE (space_id IS NULL);
CREATE INDEX resources_space_id_completed_at_idx ON resources USING btree (space_id, completed_at DESC, id DESC);
CREATE INDEX resources_space_id_kind_completed_at_idx ON resources USING btree (space_id, kind, completed_at DESC, id DESC);
GRANT DELETE, INSERT, SELECT, UPDATE (job_id, space_id, kind, title, version, params, data, created_by, lease_number, completed_at, hidden) ON resources TO reverie_admin;
GRANT SELECT ON resources TO reverie_groups;
GRANT DELETE, SELECT, UPDATE (given_title, version) ON resources TO reverie_library;
GRANT DELETE, INSERT, SELECT, UPDATE (job_id, space_id, kind, title, version, params, data, created_by, lease_number, completed_at, hidden) ON resources TO reverie_sweep;
GRANT DELETE, INSERT, SELECT, UPDATE (job_id, space_id, kind, title, version, params, data, created_by, lease_number, completed_at, hidden) ON resources TO reverie_sync;

CREATE TABLE game_sessions (
  resource_id text NOT NULL,
  space_id text NOT NULL,
  player_id text NOT NULL,
  game text NOT NULL,
  score double precision NOT NULL,
  level text,
  started_at timestamp with time zone NOT NULL,
  duration_seconds double precision NOT NULL,
  sample_rate_hz double precision NOT NULL,
  coverage double precision NOT NULL,
  CONSTRAINT game_sessions_pkey PRIMARY KEY (resource_id),
  CONSTRAINT game_sessions_coverage_check CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
  CONSTRAINT game_sessions_duration_seconds_check CHECK ((duration_seconds >= (0)::double precision)),
  CONSTRAINT game_sessions_game_check CHECK (((length(game) >= 1) AND (length(game) <= 64))),
  CONSTRAINT game_sessions_sample_rate_hz_check CHECK ((sample_rate_hz > (0)::double precision)),
  CONSTRAINT game_sessions_player_id_fkey FOREIGN KEY (player_id) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT game_sessions_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id) ON DELETE CASCADE,
  CONSTRAINT game_sessions_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE
);
CREATE INDEX game_sessions_game_idx ON game_sessions USING btree (space_id, player_id, game, started_at DESC, resource_id DESC);
CREATE INDEX game_sessions_player_id_idx ON game_sessions USING btree (player_id);
CREATE INDEX game_sessions_player_idx ON game_sessions USING btree (space_id, player_id, started_at DESC, resource_id DESC);
CREATE INDEX game_sessions_score_idx ON game_sessions USING btree (space_id, player_id, game, score DESC, started_at);
GRANT DELETE, INSERT, SELECT ON game_sessions TO reverie_admin;
GRANT SELECT ON game_sessions TO reverie_groups;
GRANT SELECT ON game_sessions TO reverie_library;
GRANT DELETE, INSERT, SELECT ON game_sessions TO reverie_sweep;
GRANT DELETE, INSERT, SELECT ON game_sessions TO reverie_sync;

CREATE TABLE game_session_metrics (
  resource_id text NOT NULL,
  channel text NOT NULL,
  metric text NOT NULL,
  unit text NOT NULL,
  value double precision,
  reason text,
  space_id text NOT NULL,
  player_id text NOT NULL,
  game text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  CONSTRAINT game_session_metrics_pkey PRIMARY KEY (resource_id, channel, metric),
  CONSTRAINT game_session_metrics_value_check CHECK ((num_nonnulls(value, reason) = 1)),
  CONSTRAINT game_session_metrics_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES game_sessions(resource_id) ON DELETE CASCADE
);
CREATE INDEX game_session_metrics_progress_idx ON game_session_metrics USING btree (space_id, player_id, game, channel, metric, started_at) INCLUDE (value) WHERE (value IS NOT NULL);
CREATE TRIGGER game_session_metrics_added_trigger AFTER INSERT ON game_session_metrics REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION refresh_progress();
CREATE TRIGGER game_session_metrics_removed_trigger AFTER DELETE ON game_session_metrics REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION refresh_progress();
GRANT INSERT, SELECT ON game_session_metrics TO reverie_admin;
GRANT SELECT ON game_session_metrics TO reverie_groups;
GRANT SELECT ON game_session_metrics TO reverie_library;
GRANT INSERT, SELECT ON game_session_metrics TO reverie_sweep;
GRANT INSERT, SELECT ON game_session_metrics TO reverie_sync;

CREATE TABLE resource_files (
  resource_id text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  object text NOT NULL,
  content_type text NOT NULL,
  size bigint NOT NULL,
  crc32c text NOT NULL,
  generation text NOT NULL,
  CONSTRAINT resource_files_pkey PRIMARY KEY (resource_id, name),
  CONSTRAINT resource_files_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
  CONSTRAINT resource_files_object_check CHECK (((length(object) >= 1) AND (length(object) <= 1024))),
  CONSTRAINT resource_files_role_check CHECK ((role = ANY (ARRAY['model'::text, 'companion'::text, 'poster'::text]))),
  CONSTRAINT resource_files_size_check CHECK ((size >= 0)),
  CONSTRAINT resource_files_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX resource_files_one_model_idx ON resource_files USING btree (resource_id) WHERE (role = 'model'::text);
CREATE UNIQUE INDEX resource_files_one_poster_idx ON resource_files USING btree (resource_id) WHERE (role = 'poster'::text);
GRANT DELETE, INSERT, SELECT ON resource_files TO reverie_admin;
GRANT SELECT ON resource_files TO reverie_groups;
GRANT SELECT ON resource_files TO reverie_library;
GRANT DELETE, INSERT, SELECT ON resource_files TO reverie_sweep;
GRANT DELETE, INSERT, SELECT ON resource_files TO reverie_sync;

CREATE TABLE resource_words (
  shelf text NOT NULL,
  word text COLLATE "C" NOT NULL,
  resource_id text NOT NULL,
  completed_at timestamp with time zone NOT NULL,
  CONSTRAINT resource_words_pkey PRIMARY KEY (shelf, word, resource_id) INCLUDE (completed_at),
  CONSTRAINT resource_words_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id) ON DELETE CASCADE
);
CREATE INDEX resource_words_resource_id_idx ON resource_words USING btree (resource_id);
GRANT DELETE, INSERT, SELECT (resource_id) ON resource_words TO reverie_admin;
GRANT DELETE, INSERT, SELECT ON resource_words TO reverie_library;
GRANT DELETE, INSERT, SELECT (resource_id) ON resource_words TO reverie_sweep;
GRANT DELETE, INSERT, SELECT (resource_id) ON resource_words TO reverie_sync;

CREATE TABLE space_members (
  space_id text NOT NULL,
  space_type text NOT NULL,
  user_id text NOT NULL,
  role text NOT NULL,
  joined_at timestamp with time zone NOT NULL,
  mirrored_at timestamp with time zone,
  CONSTRAINT space_members_pkey PRIMARY KEY (space_id, user_id),
  CONSTRAINT space_members_role_check CHECK ((role = ANY (ARRAY['recipient'::text, 'giver'::text, 'owner'::text, 'member'::text]))),
  CONSTRAINT space_members_role_of_type_check CHECK (
CASE space_type
    WHEN 'care'::text THEN (role = ANY (ARRAY['recipient'::text, 'giver'::text]))
    WHEN 'personal'::text THEN (role = 'owner'::text)
    ELSE (role = ANY (ARRAY['owner'::text, 'member'::text]))
END),
  CONSTRAINT space_members_space_id_space_type_fkey FOREIGN KEY (space_id, space_type) REFERENCES spaces(id, type) ON DELETE CASCADE,
  CONSTRAINT space_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX space_members_one_care_idx ON space_members USING btree (user_id) WHERE (space_type = 'care'::text);
CREATE UNIQUE INDEX space_members_one_personal_idx ON space_members USING btree (user_id) WHERE (space_type = 'personal'::text);
CREATE UNIQUE INDEX space_members_one_recipient_idx ON space_members USING btree (space_id) WHERE (role = 'recipient'::text);
CREATE INDEX space_members_space_id_joined_at_idx ON space_members USING btree (space_id, joined_at, user_id);
CREATE INDEX space_members_unmirrored_idx ON space_members USING btree (user_id) WHERE (mirrored_at IS NULL);
CREATE INDEX space_members_user_id_idx ON space_members USING btree (user_id, space_id);
GRANT INSERT, SELECT (space_id, user_id, mirrored_at), UPDATE (mirrored_at) ON space_members TO reverie_auth;
GRANT DELETE, INSERT, SELECT, UPDATE (mirrored_at) ON space_members TO reverie_groups;
GRANT SELECT (space_id, space_type, user_id, role) ON space_members TO reverie_jobs;
GRANT SELECT (space_id, space_type, user_id, role) ON space_members TO reverie_library;
GRANT SELECT (space_id, space_type, user_id, role) ON space_members TO reverie_notify;
GRANT SELECT (space_id, space_type, user_id, role) ON space_members TO reverie_streams;
GRANT SELECT (space_id, user_id, mirrored_at), UPDATE (mirrored_at) ON space_members TO reverie_sweep;
GRANT SELECT (space_id, space_type, user_id, role) ON space_members TO reverie_uploads;

CREATE TABLE vr_videos (
  id text NOT NULL,
  space_id text NOT NULL,
  title text NOT NULL,
  scene_id text NOT NULL,
  scene_transform jsonb NOT NULL,
  version text NOT NULL DEFAULT gen_random_uuid(),
  created_by text,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT vr_videos_pkey PRIMARY KEY (id),
  CONSTRAINT vr_videos_id_check CHECK ((id ~ '^[0-9a-z]{20,40}$'::text)),
  CONSTRAINT vr_videos_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
  CONSTRAINT vr_videos_created_by_fkey FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL,
  CONSTRAINT vr_videos_scene_id_fkey FOREIGN KEY (scene_id) REFERENCES resources(id) ON DELETE CASCADE,
  CONSTRAINT vr_videos_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces(id) ON DELETE CASCADE
);
CREATE INDEX vr_videos_created_by_idx ON vr_videos USING btree (created_by);
CREATE INDEX vr_videos_scene_id_idx ON vr_videos USING btree (scene_id);
CREATE INDEX vr_videos_space_id_created_at_idx ON vr_videos USING btree (space_id, created_at DESC, id DESC);
GRANT SELECT (id, space_id, scene_id) ON vr_videos TO reverie_admin;
GRANT SELECT ON vr_videos TO reverie_groups;
GRANT DELETE, INSERT, SELECT, UPDATE (title, scene_id, scene_transform, version) ON vr_videos TO reverie_library;
GRANT SELECT (id, space_id, scene_id) ON vr_videos TO reverie_sweep;
GRANT SELECT (id, space_id, scene_id) ON vr_videos TO reverie_sync;

CREATE TABLE vr_video_avatars (
  vr_video_id text NOT NULL,
  "position" smallint NOT NULL,
  avatar_id text NOT NULL,
  transform jsonb NOT NULL,
  CONSTRAINT vr_video_avatars_pkey PRIMARY KEY (vr_video_id, "position"),
  CONSTRAINT vr_video_avatars_position_check CHECK ((("position" >= 0) AND ("position" <= 9))),
  CONSTRAINT vr_video_avatars_avatar_id_fkey FOREIGN KEY (avatar_id) REFERENCES resources(id) ON DELETE CASCADE,
  CONSTRAINT vr_video_avatars_vr_video_id_fkey FOREIGN KEY (vr_video_id) REFERENCES vr_videos(id) ON DELETE CASCADE
);
CREATE INDEX vr_video_avatars_avatar_id_idx ON vr_video_avatars USING btree (avatar_id);
GRANT SELECT (vr_video_id, avatar_id) ON vr_video_avatars TO reverie_admin;
GRANT SELECT ON vr_video_avatars TO reverie_groups;
GRANT DELETE, INSERT, SELECT ON vr_video_avatars TO reverie_library;
GRANT SELECT (vr_video_id, avatar_id) ON vr_video_avatars TO reverie_sweep;
GRANT SELECT (vr_video_id, avatar_id) ON vr_video_avatars TO reverie_sync;

CREATE TABLE walks (
  name text NOT NULL,
  place text,
  spent_ms integer NOT NULL,
  next_at timestamp with time zone NOT NULL,
  holder text,
  held_until timestamp with time zone,
  CONSTRAINT walks_pkey PRIMARY KEY (name),
  CONSTRAINT walks_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64))),
  CONSTRAINT walks_spent_ms_check CHECK ((spent_ms >= 0))
);
GRANT SELECT (name, next_at) ON walks TO reverie_admin;
GRANT INSERT, SELECT, UPDATE (place, spent_ms, next_at, holder, held_until) ON walks TO reverie_sweep;
