import { sessionData, sessionParams } from "../../kinds/session.ts";
import type { Result } from "../resultDocument.ts";
import type { Projection } from "./projection.ts";

/** Rows of `game_sessions` and `game_session_metrics`, metrics in the order of their names' bytes. */
interface SessionRows {
  readonly spaceId: string;
  readonly playerId: string;
  readonly game: string;
  readonly score: number;
  readonly level: string | null;
  /** To the millisecond. */
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly sampleRateHz: number;
  readonly coverage: number;
  readonly metrics: readonly MetricRow[];
}

interface MetricRow {
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number | null;
  readonly reason: string | null;
}

/** With fewer, a channel's metrics have no value, and so has their number: a sensor that was not worn counts none. */
const MIN_REPETITIONS = 3;
/** Of the metrics whose unit is not the channel's. */
const UNITS: Readonly<Record<string, string>> = {
  sparc: "",
  ldlj: "",
  reactionTime: "s",
  forceTimeAboveHalf: "s",
};

/** Sessions of games: one row each, and one for each metric of each channel. The channel is empty for those of the whole session. */
export const sessionProjection: Projection = {
  personOf,
  rowsOf,

  async put(sql, resourceId, result) {
    // The player's row is locked, as the creator's is: one erased in between would make the insert fail for good.
    const { rows: living } = await sql.query("SELECT id FROM users WHERE id = $1 FOR KEY SHARE", [
      personOf(result),
    ]);
    await sql.query("DELETE FROM game_sessions WHERE resource_id = $1", [resourceId]);
    if (living.length === 0) return;
    const { metrics, ...session } = rowsOf(result);
    await sql.query(
      `INSERT INTO game_sessions (resource_id, space_id, player_id, game, score, level, started_at, duration_seconds, sample_rate_hz, coverage)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        resourceId,
        session.spaceId,
        session.playerId,
        session.game,
        session.score,
        session.level,
        session.startedAt,
        session.durationSeconds,
        session.sampleRateHz,
        session.coverage,
      ],
    );
    // One statement, after which the player's medians are made again once.
    await sql.query(
      `INSERT INTO game_session_metrics (resource_id, channel, metric, unit, value, reason, space_id, player_id, game, started_at)
       SELECT s.resource_id, m.channel, m.metric, m.unit, m.value, m.reason, s.space_id, s.player_id, s.game, s.started_at
       FROM game_sessions s, jsonb_to_recordset($2::jsonb)
         AS m (channel text, metric text, unit text, value double precision, reason text)
       WHERE s.resource_id = $1`,
      [resourceId, JSON.stringify(metrics)],
    );
  },

  /** A score that is higher than all before it, of which there is one at least. */
  async eventOf(sql, resourceId, result, now) {
    const { rows } = await sql.query<{ beaten: boolean }>(
      `SELECT EXISTS (SELECT FROM game_sessions b WHERE b.space_id = s.space_id AND b.player_id = s.player_id AND b.game = s.game
            AND b.score < s.score AND b.started_at < s.started_at)
          AND NOT EXISTS (SELECT FROM game_sessions b WHERE b.space_id = s.space_id AND b.player_id = s.player_id AND b.game = s.game
            AND b.score >= s.score AND b.started_at < s.started_at) AS beaten
       FROM game_sessions s WHERE s.resource_id = $1`,
      [resourceId],
    );
    if (!rows[0]?.beaten) return undefined;
    const { spaceId, playerId, game } = rowsOf(result);
    return {
      id: `${result.jobId}.best`,
      at: now.toISOString(),
      ...(result.trace === undefined ? {} : { trace: result.trace }),
      type: "best_beaten",
      spaceId,
      userId: playerId,
      game,
      resourceId,
    };
  },

  async stored(sql, resourceIds) {
    const { rows } = await sql.query<{ id: string; rows: SessionRows; startedAt: Date }>(
      `SELECT s.resource_id AS id, s.started_at AS "startedAt", json_build_object(
          'spaceId', s.space_id, 'playerId', s.player_id, 'game', s.game, 'score', s.score, 'level', s.level,
          'durationSeconds', s.duration_seconds, 'sampleRateHz', s.sample_rate_hz, 'coverage', s.coverage,
          'metrics', (SELECT coalesce(json_agg(json_build_object(
              'channel', m.channel, 'metric', m.metric, 'unit', m.unit, 'value', m.value, 'reason', m.reason)
              ORDER BY m.channel COLLATE "C", m.metric COLLATE "C"), '[]')
            FROM game_session_metrics m
            -- A row that belongs to other medians than its session does is as good as missing.
            WHERE m.resource_id = s.resource_id AND m.space_id = s.space_id AND m.player_id = s.player_id AND m.game = s.game
              AND m.started_at = s.started_at)) AS rows
       FROM game_sessions s WHERE s.resource_id = ANY($1)`,
      [resourceIds],
    );
    return new Map(
      rows.map(({ id, rows, startedAt }) => [id, { ...rows, startedAt: startedAt.toISOString() }]),
    );
  },
};

function personOf({ params, createdBy }: Pick<Result, "params" | "createdBy">): string {
  return typeof params.playerId === "string" ? params.playerId : createdBy;
}

/** What `readResult` has judged fits both schemas. */
function rowsOf(result: Result): SessionRows {
  const { game, score, level, startedAt } = sessionParams.parse(result.params);
  const { durationSeconds, sampleRateHz, coverage, channels } = sessionData.parse(result.data);
  const whole = (metric: string, value: number): MetricRow => ({
    channel: "",
    metric,
    unit: "",
    value,
    reason: null,
  });
  const metrics = channels.flatMap(({ name, unit, repetitions, metrics }) => {
    const row = (metric: string, value: number | null, reason: string | null): MetricRow => ({
      channel: name,
      metric,
      unit: metric === "repetitions" ? "" : (UNITS[metric] ?? unit),
      value,
      reason,
    });
    const enough = repetitions >= MIN_REPETITIONS;
    return [
      row("repetitions", enough ? repetitions : null, enough ? null : "too_few_repetitions"),
      ...Object.entries(metrics).map(([metric, found]) =>
        row(metric, found.value, found.value === null ? found.reason : null),
      ),
    ];
  });
  return {
    spaceId: result.spaceId,
    playerId: personOf(result),
    game,
    score,
    level: level === undefined ? null : String(level),
    startedAt: new Date(startedAt).toISOString(),
    durationSeconds,
    sampleRateHz,
    coverage,
    metrics: [whole("score", score), whole("coverage", coverage), ...metrics].toSorted(byName),
  };
}

function byName(a: MetricRow, b: MetricRow): number {
  return (
    Buffer.compare(Buffer.from(a.channel), Buffer.from(b.channel)) ||
    Buffer.compare(Buffer.from(a.metric), Buffer.from(b.metric))
  );
}
