import type { Clock } from "#shared/platform/clock.ts";
import type { AccessClaims } from "#shared/platform/http/accessToken.ts";
import { route } from "#shared/platform/http/route.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import type { EndListeners } from "./listeners.ts";
import { endAllSessions, requireLiveSession } from "./session.ts";

interface SignOutEverywhereDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly endListeners: EndListeners;
}

/**
 * Ends all sessions of the caller, their own included.
 * @throws `token_invalid` when their own has ended before
 */
export async function signOutEverywhere(
  { account, requestId }: { account: AccessClaims; requestId: string },
  { db, clock, endListeners }: SignOutEverywhereDeps,
): Promise<void> {
  const { userId, sessionId } = account;
  await requireLiveSession(db, account, clock());
  const ended = await db.transaction(async (sql) => {
    const ids = await endAllSessions(sql, userId, clock());
    await audit(sql, { action: "signed_out_everywhere", userId, sessionId, requestId }, clock());
    return ids;
  });
  await endListeners(userId, ended);
}

export const signOutEverywhereRoute = route(
  {
    operationId: "signOutEverywhere",
    access: "account",
    method: "delete",
    path: "/v1/auth/sessions",
    summary: "Sign out everywhere, here included",
    responses: { 204: { description: "All sessions have ended." } },
    errors: [],
  },
  signOutEverywhere,
  async (c, perform) => {
    const { account, requestId } = c.var;
    await perform({ account, requestId });
    return c.body(null, 204);
  },
);
