import { z } from "@hono/zod-openapi";
import type { Change } from "#shared/changes/change.ts";
import { changing } from "#shared/changes/changing.ts";
import type { DomainEvent } from "#shared/events/event.ts";
import { enqueueEvent } from "#shared/events/outbox.ts";
import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import { idempotent, type StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { requestTrace } from "#shared/platform/trace.ts";
import { careGroupOf } from "#shared/spaces/membership.ts";
import { personOf, requireRole } from "#shared/spaces/person.ts";
import { BADGE_TYPES, type BadgeType, badgeSchema } from "./badge.ts";
import type { GroupsDeps } from "./deps.ts";
import { localDate } from "./localDay.ts";

interface EarnBadgeInput {
  readonly userId: string;
  /** Drawn when absent. */
  readonly type: BadgeType | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * Gives a recipient today's badge, and notifies their givers.
 *
 * Today is the date in the time zone their profile names now. One badge a day means: none that counts for that date, and none
 * earned at a moment that in this zone falls on that date. So a person who travels, or changes the setting, never earns two on one day of
 * the place they are in; flying west over the date line can cost a day, which they had already.
 * @returns 201 `{id, type, date, earnedAt}`
 * @throws `already_earned`; `role_mismatch` for anyone but a care recipient
 */
export async function earnBadge(input: EarnBadgeInput, deps: GroupsDeps): Promise<StoredAnswer> {
  const now = deps.clock();
  const { userId, type, idempotencyKey: key } = input;
  const { answer, events } = await changing(deps, async (sql, changes) => {
    const events: DomainEvent[] = [];
    const request = { caller: userId, route: "POST /v1/badges", key, body: { type }, now };
    const answer = await idempotent(sql, request, async () => {
      const earned = await earnToday(input, sql, deps, now);
      events.push(...earned.events);
      changes.push(...earned.changes);
      return earned.answer;
    });
    return { answer, events };
  });
  await deps.publish(events);
  return answer;
}

export const earnBadgeRoute = route(
  {
    operationId: "earnBadge",
    access: "account",
    method: "post",
    path: "/v1/badges",
    summary: "Earn today's badge",
    description:
      "For care recipients, once a day in their own time zone. The type is drawn when none is named.",
    request: {
      headers: idempotencyHeader,
      body: jsonBody(z.strictObject({ type: z.enum(BADGE_TYPES).optional() }), { required: false }),
    },
    responses: { 201: json(badgeSchema, "The badge.") },
    errors: ["not_enrolled", "role_mismatch", "already_earned", "idempotency_key_reused"],
  },
  earnBadge,
  async (c, perform) => {
    const input = {
      userId: c.var.account.userId,
      type: c.req.valid("json").type,
      idempotencyKey: c.req.valid("header")["idempotency-key"],
    };
    return sendStored(c, await perform(input));
  },
);

async function earnToday(
  input: EarnBadgeInput,
  sql: Sql,
  deps: GroupsDeps,
  now: Date,
): Promise<{ answer: StoredAnswer; events: readonly DomainEvent[]; changes: readonly Change[] }> {
  // The lock makes the two questions below one: a second request, or a change of the zone, waits.
  const person = await personOf(sql, input.userId, "update");
  requireRole(person, "care_recipient");
  const today = localDate(now, person.timeZone);
  if (await earnedOn(sql, person.id, today, person.timeZone, now)) {
    throw errors.alreadyEarned("there is one badge a day; the next one can be earned tomorrow");
  }
  const badge = { id: deps.newId(), type: input.type ?? drawnType(deps.randomBytes), date: today };
  await sql.query(
    "INSERT INTO badges (id, user_id, type, local_date, earned_at) VALUES ($1, $2, $3, $4, $5)",
    [badge.id, person.id, badge.type, badge.date, now],
  );
  const at = now.toISOString();
  const answer = { status: 201, body: JSON.stringify({ ...badge, earnedAt: at }) } as const;
  const space = await careGroupOf(sql, person.id);
  if (!space) return { answer, events: [], changes: [] };
  const event: DomainEvent = {
    type: "badge_earned",
    trace: requestTrace(),
    id: `badge:${badge.id}`,
    at,
    spaceId: space.spaceId,
    userId: person.id,
    badge: badge.type,
  };
  await enqueueEvent(sql, event);
  const change: Change = { spaceId: space.spaceId, type: "badge", id: badge.id, op: "put" };
  return { answer, events: [event], changes: [change] };
}

/** Whether a badge counts for `date`, or was earned on it by the calendar of `zone`. */
async function earnedOn(sql: Sql, userId: string, date: string, zone: string, now: Date): Promise<boolean> {
  const { rows } = await sql.query<{ date: string; earned_at: Date }>(
    // No two places on Earth are more than 26 hours apart, so older badges can only match by their date.
    `SELECT local_date::text AS date, earned_at FROM badges
     WHERE user_id = $1 AND (local_date = $2 OR earned_at > $3::timestamptz - interval '2 days')`,
    [userId, date, now],
  );
  return rows.some((badge) => badge.date === date || localDate(badge.earned_at, zone) === date);
}

function drawnType(randomBytes: RandomBytes): BadgeType {
  return BADGE_TYPES[randomBytes(4).readUInt32BE() % BADGE_TYPES.length] ?? "LOVELY";
}
