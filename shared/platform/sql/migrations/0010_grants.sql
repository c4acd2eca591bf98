-- What each function may do. A function logs in as a user of its own, who is a member of its role here and of no other. The user who
-- runs the migrations owns all tables.
--
-- A function has what its statements need and no more: a test compares this file with the SQL in each function's bundle, both ways, and
-- the suites run each operation as its function's user. Columns are named where a table holds more about a person, or more secrets,
-- than the function reads. A row lock needs UPDATE of some column; where nothing else is updated, it is the one that matters least.

-- Roles belong to the cluster, so another database of it, or another migration at this moment, may have made them.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['admin', 'auth', 'dispatch', 'groups', 'jobs', 'library', 'notify', 'streams', 'sweep', 'sync', 'uploads'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', 'reverie_' || name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;

-- Everyone who answers phones counts requests.
GRANT SELECT, INSERT, UPDATE (used), DELETE ON rate_windows TO reverie_auth, reverie_groups, reverie_jobs, reverie_library, reverie_streams, reverie_uploads;

-- auth: accounts, sessions, refresh tokens.
GRANT SELECT (id, email, email_written, email_verified, email_joinable, name, role), INSERT,
  UPDATE (email, email_written, email_verified, email_joinable, updated_at) ON users TO reverie_auth;
GRANT SELECT (provider, subject, user_id, email, email_verified, firebase_uid, last_used_at), INSERT,
  UPDATE (email, email_verified, firebase_uid, last_used_at) ON identities TO reverie_auth;
GRANT SELECT, INSERT, UPDATE (last_used_at, ended_at, end_reason, listening) ON sessions TO reverie_auth;
GRANT SELECT, INSERT, UPDATE (expires_at, spent_at, attempt_hash) ON refresh_tokens TO reverie_auth;
GRANT SELECT, INSERT, DELETE ON sign_in_codes TO reverie_auth;
GRANT INSERT ON audit_log TO reverie_auth;
-- The personal space of an account that is made, and its mirror.
GRANT INSERT ON spaces TO reverie_auth;
GRANT SELECT (user_id, space_id, mirrored_at), INSERT, UPDATE (mirrored_at) ON space_members TO reverie_auth;

-- The change log: everyone who changes what members see writes it in the same transaction, and raises the feed after it.
GRANT SELECT (id, seq, feed_at, feed_turn), UPDATE (seq, feed_at, feed_turn) ON spaces
  TO reverie_groups, reverie_library, reverie_sync, reverie_notify, reverie_admin, reverie_sweep;
GRANT SELECT, INSERT, UPDATE (op, seq, at) ON changes TO reverie_groups, reverie_library, reverie_sync, reverie_notify, reverie_admin, reverie_sweep;
GRANT SELECT (space_id), INSERT, DELETE ON late_feeds TO reverie_groups, reverie_library, reverie_sync, reverie_notify, reverie_admin, reverie_sweep;

-- streams reads it, as library does.
GRANT SELECT (id, seq, log_after) ON spaces TO reverie_streams;
GRANT SELECT ON changes TO reverie_streams;
GRANT SELECT (log_after), UPDATE (log_after) ON spaces TO reverie_sweep;
GRANT DELETE ON changes TO reverie_sweep;
GRANT SELECT (since) ON late_feeds TO reverie_sweep;

-- groups: people and what is theirs, an export of all of it, and its erasure.
GRANT SELECT (id, email, email_written, email_verified, name, role, time_zone, language, quiet_from, quiet_to, notify_bests, created_at),
  UPDATE (name, role, time_zone, language, quiet_from, quiet_to, notify_bests, updated_at), DELETE ON users TO reverie_groups;
GRANT SELECT (provider, subject, user_id, email, firebase_uid, created_at, last_used_at) ON identities TO reverie_groups;
GRANT SELECT (id, user_id, device_name, device_platform, created_at, last_used_at, expires_at, ended_at), UPDATE (last_used_at)
  ON sessions TO reverie_groups;
GRANT SELECT, INSERT, DELETE ON spaces TO reverie_groups;
GRANT SELECT, INSERT, UPDATE (mirrored_at), DELETE ON space_members TO reverie_groups;
GRANT SELECT (id, giver_id, recipient_key, recipient_email, recipient_id, mail_state, code_hash, tries, created_at, expires_at, revoked_at, confirmed_at),
  INSERT, UPDATE (recipient_email, mail_state, code_seed, code_hash, tries, revoked_at, confirmed_at) ON invitations TO reverie_groups;
GRANT SELECT, INSERT, UPDATE (count) ON daily_counts TO reverie_groups;
GRANT SELECT, INSERT ON badges TO reverie_groups;
GRANT SELECT, INSERT, UPDATE (session_id, platform, push_token, updated_at), DELETE ON devices TO reverie_groups;
GRANT SELECT, INSERT, UPDATE (body_hash, status, headers, body, expires_at), DELETE ON idempotency_keys TO reverie_groups;
GRANT SELECT, INSERT, UPDATE (published_at), DELETE ON outbox TO reverie_groups;
GRANT SELECT (id, at, action, outcome, reason, user_id, space_id), INSERT ON audit_log TO reverie_groups;
GRANT INSERT ON tombstones TO reverie_groups;
GRANT SELECT, INSERT, UPDATE (former_members, firebase_uids, took, done_at, next_at, busy_until) ON erasures TO reverie_groups;
GRANT SELECT (space_id), UPDATE (state) ON result_versions TO reverie_groups;
GRANT SELECT ON resources, resource_files, vr_videos, vr_video_avatars, game_sessions, game_session_metrics TO reverie_groups;

-- uploads and jobs: which spaces the caller is in. The rest of what they do is in Firestore.
GRANT SELECT (user_id, space_id, space_type, role) ON space_members TO reverie_uploads, reverie_jobs;

-- streams: the same, and whether the session that a stream was opened with is live.
GRANT SELECT (user_id, space_id, space_type, role) ON space_members TO reverie_streams;
GRANT SELECT (id, user_id, expires_at, ended_at) ON sessions TO reverie_streams;

-- library: resources and VR videos of the caller's spaces.
GRANT SELECT (user_id, space_id, space_type, role) ON space_members TO reverie_library;
GRANT SELECT (log_after) ON spaces TO reverie_library;
GRANT SELECT (space_id) ON tombstones TO reverie_library;
GRANT SELECT, UPDATE (given_title, version), DELETE ON resources TO reverie_library;
GRANT SELECT, INSERT, DELETE ON resource_words TO reverie_library;
GRANT SELECT ON resource_files TO reverie_library;
GRANT SELECT, INSERT, UPDATE (title, scene_id, scene_transform, version), DELETE ON vr_videos TO reverie_library;
GRANT SELECT, INSERT, DELETE ON vr_video_avatars TO reverie_library;
GRANT SELECT (job_id), UPDATE (state) ON result_versions TO reverie_library;
GRANT SELECT, INSERT, DELETE ON removals TO reverie_library;
GRANT SELECT, INSERT, UPDATE (body_hash, status, headers, body, expires_at) ON idempotency_keys TO reverie_library;
GRANT INSERT ON audit_log TO reverie_library;

GRANT SELECT ON game_sessions, game_session_metrics, game_progress TO reverie_library;

-- dispatch: the mail of an invitation, and who holds its address.
GRANT SELECT (id, email, email_written, email_verified, name, role, time_zone, language, quiet_from, quiet_to, notify_bests, created_at) ON users TO reverie_dispatch;
GRANT SELECT (id, giver_id, recipient_key, recipient_email, mail_state, code_seed, expires_at, revoked_at, confirmed_at),
  UPDATE (recipient_email, recipient_id, mail_state, code_seed, code_hash) ON invitations TO reverie_dispatch;
GRANT SELECT, INSERT, UPDATE (count) ON daily_counts TO reverie_dispatch;
GRANT SELECT (id, published_at), INSERT, UPDATE (published_at) ON outbox TO reverie_dispatch;

-- notify: the phones of the people of a space.
GRANT SELECT (id, time_zone, language, quiet_from, quiet_to, notify_bests) ON users TO reverie_notify;
GRANT SELECT (id, expires_at, ended_at) ON sessions TO reverie_notify;
GRANT SELECT (user_id, space_id, space_type, role) ON space_members TO reverie_notify;
GRANT SELECT (user_id, id, session_id, push_token), DELETE ON devices TO reverie_notify;
GRANT SELECT (event_id), INSERT ON notifications TO reverie_notify;
GRANT SELECT, INSERT, UPDATE (due_at, claimed_until, outcome, ended_at) ON notification_deliveries TO reverie_notify;

-- sync, and what does the same for an administrator and at night: results into the library.
GRANT SELECT (id), UPDATE (updated_at) ON users TO reverie_sync, reverie_admin, reverie_sweep; -- UPDATE for a row lock
GRANT SELECT (space_id) ON tombstones TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT, INSERT, UPDATE ON result_versions TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT, INSERT, DELETE ON removals TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT (id, scene_id, space_id) ON vr_videos TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT (vr_video_id, avatar_id) ON vr_video_avatars TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT, INSERT, UPDATE (job_id, space_id, kind, title, params, data, created_by, lease_number, completed_at, hidden, version), DELETE
  ON resources TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT, INSERT, DELETE ON resource_files TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT (resource_id), INSERT, DELETE ON resource_words TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT, INSERT, DELETE ON game_sessions TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT, INSERT ON game_session_metrics TO reverie_sync, reverie_admin, reverie_sweep;
GRANT SELECT (id, published_at), INSERT, UPDATE (published_at) ON outbox TO reverie_sync, reverie_admin;
GRANT SELECT (name, next_at) ON walks TO reverie_admin;

-- sweep: what a crash left, retention, erasures that are not finished.
-- UPDATE of last_used_at for a row lock.
GRANT SELECT (id, last_used_at, ended_at, listening), UPDATE (last_used_at, listening), DELETE ON sessions TO reverie_sweep;
GRANT SELECT (token_hash, expires_at), UPDATE (expires_at), DELETE ON refresh_tokens TO reverie_sweep; -- UPDATE for a row lock
GRANT SELECT (code_hash, expires_at), UPDATE (expires_at), DELETE ON sign_in_codes TO reverie_sweep; -- UPDATE for a row lock
GRANT SELECT (id, at), INSERT, DELETE ON audit_log TO reverie_sweep;
GRANT SELECT (ctid, expires_at), UPDATE (expires_at), DELETE ON idempotency_keys TO reverie_sweep; -- UPDATE for a row lock
GRANT SELECT, INSERT, UPDATE (published_at), DELETE ON outbox TO reverie_sweep;
GRANT SELECT (counter, window_start), UPDATE (used), DELETE ON rate_windows TO reverie_sweep; -- UPDATE for a row lock
GRANT SELECT, INSERT, UPDATE (place, spent_ms, next_at, holder, held_until) ON walks TO reverie_sweep;
GRANT SELECT (user_id, space_id, mirrored_at), UPDATE (mirrored_at) ON space_members TO reverie_sweep;
GRANT SELECT (id, created_at, expires_at, mail_state, recipient_email, revoked_at),
  UPDATE (recipient_email, mail_state, code_seed), DELETE ON invitations TO reverie_sweep;
GRANT SELECT (ctid, day), UPDATE (count), DELETE ON daily_counts TO reverie_sweep; -- UPDATE for a row lock
GRANT SELECT, UPDATE (former_members, firebase_uids, took, done_at, next_at, busy_until) ON erasures TO reverie_sweep;
GRANT SELECT (event_id, event, received_at), UPDATE (received_at), DELETE ON notifications TO reverie_sweep; -- UPDATE for a row lock
GRANT SELECT (event_id, due_at, claimed_until, ended_at) ON notification_deliveries TO reverie_sweep;
