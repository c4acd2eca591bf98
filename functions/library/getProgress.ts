import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { emptyIsAbsent } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { spaceQuery } from "#shared/spaces/spaceParameter.ts";
import { progressRows } from "./gameSessionRows.ts";
import { game, playerId, playerInSpace } from "./playerQuery.ts";
import { theilSenSlope } from "./theilSen.ts";

/** Days or weeks in which there was a session; the slope is through as many points at most. */
const MOST_BUCKETS = 100;
const WEEK_MS = 7 * 86_400_000;

const progressSchema = z
  .object({
    items: z.array(
      z.object({
        startsOn: z.iso.date().describe("The day, or the week's Monday, in the player's time zone."),
        median: z.number(),
        n: z.number().int().describe("Sessions with a value."),
      }),
    ),
    slopePerWeek: z
      .number()
      .nullable()
      .describe("Theil–Sen slope through the medians; null without two of them."),
    n: z.number().int().describe("Sessions in all items."),
  })
  .openapi("Progress");
export type Progress = z.infer<typeof progressSchema>;

/**
 * How a metric of a player changes: the median of each of the last 100 days or weeks with a session, earliest first, and the slope
 * through them. Medians are kept as sessions come, so 10,000 sessions cost what 100 do.
 * @throws `not_found` for a space that the caller isn't in, and a player who isn't in it
 */
export async function getProgress(
  input: {
    userId: string;
    playerId?: string | undefined;
    spaceId?: string | undefined;
    game: string;
    channel: string;
    metric: string;
    bucket: "day" | "week";
  },
  { db }: { readonly db: Sql },
): Promise<Progress> {
  const { game, channel, metric, bucket } = input;
  const player = await playerInSpace(db, input);
  const rows = await progressRows(db, { ...player, game, channel, metric, bucket }, MOST_BUCKETS);
  return {
    items: rows.map(({ starts_on, median, n }) => ({ startsOn: starts_on, median, n })),
    slopePerWeek: theilSenSlope(
      rows.map((row) => ({ x: Date.parse(row.starts_on) / WEEK_MS, y: row.median })),
    ),
    n: rows.reduce((sum, row) => sum + row.n, 0),
  };
}

export const getProgressRoute = route(
  {
    operationId: "getProgress",
    access: "account",
    method: "get",
    path: "/v1/progress",
    summary: "How a metric of a player changes over days or weeks",
    request: {
      query: z.object({
        ...spaceQuery,
        playerId,
        game,
        channel: z
          .string()
          .max(64)
          .default("")
          .describe("Empty for `score` and `coverage`, which are of the whole session."),
        metric: z.string().regex(/^[a-zA-Z]{1,64}$/),
        bucket: emptyIsAbsent(z.enum(["day", "week"]).default("week")),
      }),
    },
    responses: { 200: json(progressSchema, "Medians, earliest first.") },
    errors: ["not_found"],
  },
  getProgress,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("query") }), 200),
);
