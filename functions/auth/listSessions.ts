import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import type { AccessClaims } from "#shared/platform/http/accessToken.ts";
import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { deviceSchema, requireLiveSession, type SessionRow, sessionsOf } from "./session.ts";

const sessionSchema = z
  .object({
    id: z.string(),
    device: deviceSchema,
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().describe("When its tokens were last refreshed."),
    current: z.boolean(),
  })
  .openapi("Session");
type Session = z.infer<typeof sessionSchema>;

/**
 * A page of the sessions that this person has, newest first.
 * @throws `token_invalid` when the caller's own session has ended; `invalid_request` for a cursor that isn't of a list
 */
export async function listSessions(
  input: { account: AccessClaims; limit: number; cursor?: string | undefined },
  { db, clock }: { readonly db: Sql; readonly clock: Clock },
): Promise<{ items: Session[]; nextCursor: string | null }> {
  const { account, limit, cursor } = input;
  const rows = await sessionsOf(db, account.userId, { limit, after: decodeCursor(cursor) }, clock());
  // What is listed is live.
  if (!rows.some(({ id }) => id === account.sessionId)) await requireLiveSession(db, account, clock());
  return pageOf(
    rows,
    limit,
    (row) => [row.created_exactly, row.id],
    (row) => viewSession(row, account.sessionId),
  );
}

export const listSessionsRoute = route(
  {
    operationId: "listSessions",
    access: "account",
    method: "get",
    path: "/v1/auth/sessions",
    summary: "Where this person is signed in, newest first",
    request: { query: pageQuery },
    responses: { 200: page(sessionSchema) },
    errors: [],
  },
  listSessions,
  async (c, perform) => c.json(await perform({ account: c.var.account, ...c.req.valid("query") }), 200),
);

function viewSession(row: SessionRow, currentId: string): Session {
  return {
    id: row.id,
    device: {
      ...(row.device_id === null ? {} : { id: row.device_id }),
      ...(row.device_name === null ? {} : { name: row.device_name }),
      ...(row.device_platform === null ? {} : { platform: row.device_platform }),
    },
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    current: row.id === currentId,
  };
}
