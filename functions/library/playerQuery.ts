/** What the routes about a player's sessions have in common. */
import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { emptyIsAbsent } from "#shared/platform/http/cursor.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { membershipOf, requireSpace } from "#shared/spaces/membership.ts";

export const playerId = emptyIsAbsent(z.string().regex(ID_PATTERN).optional()).describe(
  "A member of the space; the caller when left out.",
);
export const game = z.string().min(1).max(64);

/** A player and the space of the caller's in which they played. */
export interface PlayerInSpace {
  readonly playerId: string;
  readonly spaceId: string;
}

/** @throws `not_found` for a space that the caller isn't in, and for a player who isn't in it */
export async function playerInSpace(
  sql: Sql,
  {
    userId,
    playerId = userId,
    spaceId: named,
  }: { userId: string; playerId?: string | undefined; spaceId?: string | undefined },
): Promise<PlayerInSpace> {
  const { spaceId } = await requireSpace(sql, { userId, spaceId: named });
  if (playerId !== userId && !(await membershipOf(sql, playerId, spaceId))) throw errors.notFound();
  return { playerId, spaceId };
}
