import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import type { AccessClaims } from "#shared/platform/http/accessToken.ts";
import { nameInPath } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import type { EndListeners } from "./listeners.ts";
import { endSession, requireLiveSession } from "./session.ts";

/** A session's id that means the caller's own. */
const CURRENT = "current";

interface SignOutDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly endListeners: EndListeners;
}

/**
 * Ends one session of the caller. A session that has ended may still be asked to end, so that a lost answer can be asked for again; it
 * may do nothing else.
 * @throws `not_found` when the caller has no such session; `token_invalid` when the caller's own session has ended and another is named
 */
export async function signOut(
  input: { account: AccessClaims; id: string; requestId: string },
  { db, clock, endListeners }: SignOutDeps,
): Promise<void> {
  const { account, requestId } = input;
  const { userId } = account;
  const sessionId = input.id === CURRENT ? account.sessionId : input.id;
  if (sessionId !== account.sessionId) await requireLiveSession(db, account, clock());
  const end = await db.transaction(async (sql) => {
    const result = await endSession(sql, userId, sessionId, clock());
    const entry = { action: "signed_out", userId, sessionId, requestId } as const;
    if (result === "ended") await audit(sql, entry, clock());
    return result;
  });
  if (end === "unknown") throw errors.notFound();
  if (end === "ended") await endListeners(userId, [sessionId]);
}

export const signOutRoute = route(
  {
    operationId: "signOut",
    access: "account",
    method: "delete",
    path: "/v1/auth/sessions/{id}",
    summary: "Sign out one session: by its id, or `current`",
    request: { params: z.object({ id: nameInPath((id) => id === CURRENT || ID_PATTERN.test(id)) }) },
    responses: { 204: { description: "It has ended, now or before." } },
    errors: ["not_found"],
  },
  signOut,
  async (c, perform) => {
    const { account, requestId } = c.var;
    await perform({ account, requestId, ...c.req.valid("param") });
    return c.body(null, 204);
  },
);
