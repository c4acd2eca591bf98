import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { hasCode } from "#shared/platform/errors.ts";
import type { CustomTokens } from "#shared/platform/google/customTokens.ts";
import type { AccessClaims } from "#shared/platform/http/accessToken.ts";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { Listeners } from "#shared/spaces/listeners.ts";
import { markListening, requireLiveSession } from "./session.ts";

interface CreateListenerTokenDeps {
  readonly db: Sql;
  readonly clock: Clock;
  readonly firebase: CustomTokens;
  readonly listeners: Listeners;
  /** Lets Firestore know of spaces of the person that it doesn't know of yet: of their personal space, when they have just signed up. */
  readonly mirrorIfPending: (userId: string) => Promise<void>;
}

/**
 * A Firebase custom token, to listen to one's own jobs in Firestore. It names the session, whose document the security rules ask: so
 * it is worth nothing once the session has ended, whenever it is used. It isn't given for a session that has ended within the
 * access token's ten minutes.
 * @throws `token_invalid` when the session has ended
 */
export async function createListenerToken(
  account: AccessClaims,
  { db, clock, firebase, listeners, mirrorIfPending }: CreateListenerTokenDeps,
): Promise<{ token: string }> {
  const { userId, sessionId } = account;
  await listeners.allow({ id: sessionId, userId, expiresAt: await markListening(db, account, clock()) });
  try {
    // Asked again: an end that was committed before this has found no document to delete.
    await requireLiveSession(db, account, clock());
  } catch (error) {
    // Postgres away says nothing of the session; if that has ended, `sweep` deletes the document.
    if (hasCode(error, "token_invalid")) await listeners.end([sessionId]);
    throw error;
  }
  await mirrorIfPending(userId);
  return { token: await firebase.customToken(userId, sessionId) };
}

export const createListenerTokenRoute = route(
  {
    operationId: "createListenerToken",
    access: "account",
    method: "post",
    path: "/v1/auth/firebase-token",
    summary: "A Firebase custom token, to listen to one's own jobs in Firestore",
    responses: {
      200: json(
        z.object({ token: z.string() }).openapi("ListenerToken"),
        "Sign in to Firebase with it, within an hour. It can't be used to sign in here.",
      ),
    },
    errors: [],
  },
  createListenerToken,
  async (c, perform) => c.json(await perform(c.var.account), 200),
);
