-- What becomes of sessions of games: a projection of resources of the kind `session`, written with them and gone with them.

CREATE TABLE game_sessions (
  resource_id text PRIMARY KEY REFERENCES resources (id) ON DELETE CASCADE,
  space_id text NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
  -- Who played. What is known of how a person moves goes with their account.
  player_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  game text NOT NULL CHECK (length(game) BETWEEN 1 AND 64),
  score double precision NOT NULL,
  level text,
  started_at timestamptz NOT NULL,
  duration_seconds double precision NOT NULL CHECK (duration_seconds >= 0),
  sample_rate_hz double precision NOT NULL CHECK (sample_rate_hz > 0),
  coverage double precision NOT NULL CHECK (coverage BETWEEN 0 AND 1)
);
CREATE INDEX game_sessions_player_idx ON game_sessions (space_id, player_id, started_at DESC, resource_id DESC);
CREATE INDEX game_sessions_game_idx ON game_sessions (space_id, player_id, game, started_at DESC, resource_id DESC);
-- Whether a score was reached before, however many sessions there are.
CREATE INDEX game_sessions_score_idx ON game_sessions (space_id, player_id, game, score DESC, started_at);
CREATE INDEX game_sessions_player_id_idx ON game_sessions (player_id);
-- As for resources: plans are made as if each player had many sessions.
ALTER TABLE game_sessions ALTER COLUMN player_id SET (n_distinct = -0.0002);

-- The columns of the session that progress is asked by are repeated, so that one index has all that a median needs, and a row says which
-- medians it counts for, also when its session is gone.
CREATE TABLE game_session_metrics (
  resource_id text NOT NULL REFERENCES game_sessions (resource_id) ON DELETE CASCADE,
  -- Empty for what is of the whole session.
  channel text NOT NULL,
  metric text NOT NULL,
  unit text NOT NULL,
  value double precision,
  -- Why there is no value.
  reason text,
  space_id text NOT NULL,
  player_id text NOT NULL,
  game text NOT NULL,
  started_at timestamptz NOT NULL,
  PRIMARY KEY (resource_id, channel, metric),
  CONSTRAINT game_session_metrics_value_check CHECK (num_nonnulls(value, reason) = 1)
);
CREATE INDEX game_session_metrics_progress_idx ON game_session_metrics (space_id, player_id, game, channel, metric, started_at)
  INCLUDE (value) WHERE value IS NOT NULL;

-- The median of each day and each week, in the player's time zone: what a curve over months is drawn from, however many sessions there are.
-- Kept by triggers in the transaction of what it is made of, so nothing else writes it.
CREATE TABLE game_progress (
  space_id text NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
  player_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  game text NOT NULL,
  channel text NOT NULL,
  metric text NOT NULL,
  bucket text NOT NULL CHECK (bucket IN ('day', 'week')),
  -- Of a week its Monday.
  starts_on date NOT NULL,
  median double precision NOT NULL,
  -- Sessions with a value.
  n integer NOT NULL CHECK (n > 0),
  PRIMARY KEY (space_id, player_id, game, channel, metric, bucket, starts_on) INCLUDE (median, n)
);
CREATE INDEX game_progress_player_id_idx ON game_progress (player_id);

-- A zone that Postgres knows: its list may be older than that of who chose the name.
CREATE FUNCTION known_zone(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM now() AT TIME ZONE name;
  RETURN name;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'UTC';
END
$$;

-- With the owner's rights, as the trigger of sessions: who writes sessions, or a person's time zone, need not be able to write medians.
CREATE FUNCTION refresh_progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
$$;
REVOKE EXECUTE ON FUNCTION refresh_progress() FROM PUBLIC;

CREATE TRIGGER game_session_metrics_added_trigger AFTER INSERT ON game_session_metrics
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION refresh_progress();
CREATE TRIGGER game_session_metrics_removed_trigger AFTER DELETE ON game_session_metrics
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION refresh_progress();

-- In another time zone the days of a player begin at other times.
CREATE FUNCTION rebuild_progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
$$;
REVOKE EXECUTE ON FUNCTION rebuild_progress() FROM PUBLIC;

CREATE TRIGGER users_time_zone_trigger AFTER UPDATE OF time_zone ON users
  FOR EACH ROW WHEN (old.time_zone IS DISTINCT FROM new.time_zone)
  EXECUTE FUNCTION rebuild_progress();
