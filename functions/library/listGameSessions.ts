import { z } from "@hono/zod-openapi";
import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, emptyIsAbsent, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { spaceQuery } from "#shared/spaces/spaceParameter.ts";
import { type GameSessionRow, gameSessions, type MetricRow } from "./gameSessionRows.ts";
import { game, playerId, playerInSpace } from "./playerQuery.ts";

const metricSchema = z.object({
  value: z.number().nullable(),
  unit: z.string(),
  reason: z.string().optional().describe("Why there is no value."),
});
type MetricView = z.infer<typeof metricSchema>;

const gameSessionSchema = z
  .object({
    id: z.string().describe("The resource's."),
    playerId: z.string(),
    game: z.string(),
    score: z.number(),
    level: z.string().nullable(),
    startedAt: z.iso.datetime(),
    durationSeconds: z.number(),
    sampleRateHz: z.number(),
    coverage: z.number().describe("The part of the samples that arrived, from 0 to 1."),
    channels: z.array(z.object({ name: z.string(), metrics: z.record(z.string(), metricSchema) })),
  })
  .openapi("GameSession");
export type GameSessionView = z.infer<typeof gameSessionSchema>;

/**
 * A page of a player's sessions, latest first, with their metrics.
 * @throws `not_found` for a space that the caller isn't in, and a player who isn't in it; `invalid_request` for a cursor that isn't of a list
 */
export async function listGameSessions(
  input: {
    userId: string;
    playerId?: string | undefined;
    spaceId?: string | undefined;
    game?: string | undefined;
    from?: Date | undefined;
    to?: Date | undefined;
    limit: number;
    cursor?: string | undefined;
  },
  { db }: { readonly db: Sql },
): Promise<{ items: GameSessionView[]; nextCursor: string | null }> {
  const { limit, game, from, to } = input;
  const after = decodeCursor(input.cursor);
  const player = await playerInSpace(db, input);
  const rows = await gameSessions(db, { ...player, game, from, to }, { limit, after });
  return pageOf(rows, limit, (row) => [row.started_at_text, row.id], viewGameSession);
}

function viewGameSession(row: GameSessionRow): GameSessionView {
  const channels = new Map<string, Record<string, MetricView>>();
  for (const metric of row.metrics.filter(({ channel }) => channel !== "")) {
    const of = channels.get(metric.channel) ?? {};
    of[metric.metric] = viewMetric(metric);
    channels.set(metric.channel, of);
  }
  return {
    id: row.id,
    playerId: row.player_id,
    game: row.game,
    score: row.score,
    level: row.level,
    startedAt: row.started_at.toISOString(),
    durationSeconds: row.duration_seconds,
    sampleRateHz: row.sample_rate_hz,
    coverage: row.coverage,
    channels: [...channels].map(([name, metrics]) => ({ name, metrics })),
  };
}

function viewMetric({ value, unit, reason }: MetricRow): MetricView {
  return { value, unit, ...(reason === null ? {} : { reason }) };
}

const time = emptyIsAbsent(z.iso.datetime({ offset: true }).pipe(z.coerce.date()).optional());

export const listGameSessionsRoute = route(
  {
    operationId: "listGameSessions",
    access: "account",
    method: "get",
    path: "/v1/game-sessions",
    summary: "A player's sessions of games, latest first",
    request: {
      query: pageQuery.extend({
        ...spaceQuery,
        playerId,
        game: emptyIsAbsent(game.optional()),
        from: time.describe("Sessions that began at this time or later."),
        to: time.describe("Sessions that began before this time."),
      }),
    },
    responses: { 200: page(gameSessionSchema) },
    errors: ["not_found"],
  },
  listGameSessions,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("query") }), 200),
);
