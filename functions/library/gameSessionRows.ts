/** The SQL of game sessions and of what becomes of them over time. Each is of one player in one space, which `playerInSpace` has found. */
import { versionColumn } from "#shared/platform/firestore/version.ts";
import type { Keyset } from "#shared/platform/http/cursor.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

export interface MetricRow {
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number | null;
  readonly reason: string | null;
}

export interface GameSessionRow {
  readonly id: string;
  readonly player_id: string;
  readonly game: string;
  readonly score: number;
  readonly level: string | null;
  readonly started_at: Date;
  /** `started_at` to the microsecond, for cursors. */
  readonly started_at_text: string;
  readonly duration_seconds: number;
  readonly sample_rate_hz: number;
  readonly coverage: number;
  readonly metrics: readonly MetricRow[];
}

export interface SessionFilter {
  readonly spaceId: string;
  readonly playerId: string;
  readonly game: string | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

/** A page of a player's sessions, latest first: up to `limit + 1` rows after `after`, read in an index's order. */
export async function gameSessions(
  sql: Sql,
  { spaceId, playerId, game, from, to }: SessionFilter,
  { limit, after }: { readonly limit: number; readonly after: Keyset | undefined },
): Promise<GameSessionRow[]> {
  const { rows } = await sql.query<GameSessionRow>(
    `SELECT s.resource_id AS id, s.player_id, s.game, s.score, s.level, s.started_at, ${versionColumn("s.started_at")} AS started_at_text,
       s.duration_seconds, s.sample_rate_hz, s.coverage,
       (SELECT coalesce(json_agg(json_build_object(
            'channel', m.channel, 'metric', m.metric, 'unit', m.unit, 'value', m.value, 'reason', m.reason)
            ORDER BY m.channel, m.metric), '[]')
          FROM game_session_metrics m WHERE m.resource_id = s.resource_id) AS metrics
     FROM game_sessions s
     WHERE s.space_id = $1 AND s.player_id = $2 AND ${game === undefined ? "$3::text IS NULL" : "s.game = $3"}
       AND s.started_at >= coalesce($4::timestamptz, '-infinity') AND s.started_at < coalesce($5::timestamptz, 'infinity')
       AND (s.started_at, s.resource_id) < (coalesce($6::timestamptz, 'infinity'), $7::text)
       AND NOT EXISTS (SELECT FROM resources r WHERE r.id = s.resource_id AND r.hidden)
     ORDER BY s.started_at DESC, s.resource_id DESC LIMIT $8`,
    [
      spaceId,
      playerId,
      game ?? null,
      from ?? null,
      to ?? null,
      after?.[0] ?? null,
      after?.[1] ?? null,
      limit + 1,
    ],
  );
  return rows;
}

export interface ProgressRow {
  /** `YYYY-MM-DD` */
  readonly starts_on: string;
  readonly median: number;
  readonly n: number;
}

/** The last buckets of a metric, earliest first. */
export async function progressRows(
  sql: Sql,
  of: {
    readonly spaceId: string;
    readonly playerId: string;
    readonly game: string;
    readonly channel: string;
    readonly metric: string;
    readonly bucket: "day" | "week";
  },
  most: number,
): Promise<ProgressRow[]> {
  const { rows } = await sql.query<ProgressRow>(
    `SELECT p.starts_on::text AS starts_on, p.median, p.n FROM game_progress p
     WHERE p.space_id = $1 AND p.player_id = $2 AND p.game = $3 AND p.channel = $4 AND p.metric = $5 AND p.bucket = $6
     ORDER BY p.starts_on DESC LIMIT $7`,
    [of.spaceId, of.playerId, of.game, of.channel, of.metric, of.bucket, most],
  );
  return rows.reverse();
}
