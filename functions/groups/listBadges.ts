import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { emptyIsAbsent } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type Person, personOf } from "#shared/spaces/person.ts";
import { badgeSchema } from "./badge.ts";
import { localDate } from "./localDay.ts";

const badgeMonth = z
  .object({
    items: z.array(badgeSchema),
    streak: z.number().int().describe("Days in a row, up to today or else yesterday."),
  })
  .openapi("BadgeMonth");
type BadgeMonth = z.infer<typeof badgeMonth>;

interface ListBadgesInput {
  readonly userId: string;
  /** This month in the recipient's time zone, unless both are given. */
  readonly month: { readonly year: number; readonly month: number } | undefined;
}

/**
 * A month of badges: a recipient's own, or those of the recipient whose group a giver is in.
 * @throws `not_in_group` for a giver without a group
 */
export async function listBadges(
  input: ListBadgesInput,
  deps: { readonly db: Sql; readonly clock: Clock },
): Promise<BadgeMonth> {
  const { db: sql, clock } = deps;
  const recipient = await recipientFor(await personOf(sql, input.userId), sql);
  const today = localDate(clock(), recipient.timeZone);
  const firstDay = input.month ? dateOf(input.month) : `${today.slice(0, 8)}01`;
  const { rows } = await sql.query<BadgeMonth>(
    `WITH days AS (
       -- Dates that follow each other, counted downwards, have one and the same end.
       SELECT local_date, local_date + row_number() OVER (ORDER BY local_date DESC)::int AS run_end
       FROM badges WHERE user_id = $1
     ), latest AS (SELECT local_date, run_end FROM days ORDER BY local_date DESC LIMIT 1)
     SELECT
       (SELECT coalesce(json_agg(json_build_object(
           'id', id, 'type', type, 'date', local_date,
           'earnedAt', to_char(earned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
         ) ORDER BY local_date DESC), '[]')
        FROM badges WHERE user_id = $1 AND local_date >= $2::date AND local_date < $2::date + interval '1 month') AS items,
       (SELECT count(*)::int FROM days, latest
        WHERE days.run_end = latest.run_end AND latest.local_date >= $3::date - 1) AS streak`,
    [recipient.id, firstDay, today],
  );
  return rows[0] ?? { items: [], streak: 0 };
}

export const listBadgesRoute = route(
  {
    operationId: "listBadges",
    access: "account",
    method: "get",
    path: "/v1/badges",
    summary: "A month of badges and the running streak",
    description:
      "One's own; for a care giver those of the group's recipient. This month unless year and month are given.",
    request: {
      query: z
        .object({
          year: emptyIsAbsent(z.coerce.number().int().min(2000).max(9999).optional()),
          month: emptyIsAbsent(z.coerce.number().int().min(1).max(12).optional()),
        })
        .refine(
          ({ year, month }) => (year === undefined) === (month === undefined),
          "expected year and month, or neither",
        ),
    },
    responses: { 200: json(badgeMonth, "Newest first.") },
    errors: ["not_in_group"],
  },
  listBadges,
  async (c, perform) => {
    const { year, month } = c.req.valid("query");
    const given = year === undefined || month === undefined ? undefined : { year, month };
    return c.json(await perform({ userId: c.var.account.userId, month: given }), 200);
  },
);

async function recipientFor(person: Person, sql: Sql): Promise<Pick<Person, "id" | "timeZone">> {
  if (person.role === "care_recipient") return person;
  const { rows } = await sql.query<{ id: string; timeZone: string }>(
    `SELECT u.id, u.time_zone AS "timeZone" FROM space_members m
     JOIN spaces s ON s.id = m.space_id JOIN users u ON u.id = s.owner_id WHERE m.user_id = $1 AND m.space_type = 'care'`,
    [person.id],
  );
  if (!rows[0]) throw errors.notInGroup("the caller is in no care group");
  return rows[0];
}

function dateOf({ year, month }: { year: number; month: number }): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-01`;
}
