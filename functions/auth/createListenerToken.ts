import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import type { CustomTokens } from "#shared/platform/google/customTokens.ts";
import type { AccessClaims } from "#shared/platform/http/accessToken.ts";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { requireLiveSession } from "./session.ts";

interface CreateListenerTokenDeps {
  readonly db: Sql;
  readonly clock: Clock;
  readonly firebase: CustomTokens;
}

/**
 * A Firebase custom token, to listen to one's own jobs in Firestore. It can be used for an hour, so it isn't given for a session that
 * has ended within the access token's ten minutes.
 * @throws `token_invalid` when the session has ended
 */
export async function createListenerToken(
  account: AccessClaims,
  { db, clock, firebase }: CreateListenerTokenDeps,
): Promise<{ token: string }> {
  await requireLiveSession(db, account, clock());
  return { token: await firebase.customToken(account.userId) };
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
