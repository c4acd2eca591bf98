/** Sign-in, refresh, the list of sessions, signing out. */
import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { access } from "#shared/platform/http/access.ts";
import { ACCESS_TOKEN_SECONDS, roleSchema } from "#shared/platform/http/accessToken.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { decodeCursor, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { AuthDeps } from "./deps.ts";
import { refresh } from "./refresh.ts";
import {
  deviceSchema,
  endAllSessions,
  endSession,
  requireLiveSession,
  type SessionRow,
  sessionsOf,
} from "./session.ts";
import { type SignedIn, signIn, signInBody } from "./signIn.ts";

const tokens = z
  .object({
    accessToken: z.string().describe("Send as `Authorization: Bearer`; lives ten minutes."),
    tokenType: z.literal("Bearer"),
    expiresIn: z.number().int().describe("Seconds."),
    refreshToken: z.string().describe("Spend it once, at POST /v1/auth/tokens."),
    session: z.object({ id: z.string() }),
    user: z.object({
      id: z.string(),
      email: z.string().nullable(),
      name: z.string().nullable(),
      role: roleSchema.nullable(),
      enrolled: z.boolean().describe("Whether the role has been chosen."),
    }),
  })
  .openapi("Tokens");

const session = z
  .object({
    id: z.string(),
    device: deviceSchema,
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().describe("When its tokens were last refreshed."),
    current: z.boolean(),
  })
  .openapi("Session");

const json = <Schema extends z.ZodType>(schema: Schema) => ({ "application/json": { schema } });

const postSession = createRoute({
  ...access("public", { rate: "sign_in" }),
  method: "post",
  path: "/v1/auth/sessions",
  summary: "Sign in",
  request: { body: { required: true, content: json(signInBody) } },
  responses: { 201: { description: "Signed in.", content: json(tokens) } },
});
const postTokens = createRoute({
  ...access("public", { rate: "refresh" }),
  method: "post",
  path: "/v1/auth/tokens",
  summary: "Spend a refresh token and get its successor",
  description:
    "`Idempotency-Key` is the attempt key: a random value that the phone stores before it asks, and sends again when it asks again. A " +
    "spent token with its own key gives the same successor until that is used. With another key it ends the session.",
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeySchema.optional().describe("Required.") }),
    body: {
      required: true,
      content: json(z.strictObject({ refreshToken: z.string().min(1).max(512) })),
    },
  },
  responses: { 200: { description: "Fresh tokens.", content: json(tokens) } },
});
const listSessions = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/auth/sessions",
  summary: "Where this person is signed in, newest first",
  request: { query: pageQuery },
  responses: {
    200: {
      description: "A page.",
      content: json(z.object({ items: z.array(session), nextCursor: z.string().nullable() })),
    },
  },
});
const deleteSession = createRoute({
  ...access("account"),
  method: "delete",
  path: "/v1/auth/sessions/{id}",
  summary: "Sign out one session: by its id, or `current`",
  request: { params: z.object({ id: z.string() }) },
  responses: { 204: { description: "It has ended, now or before." } },
});
const deleteSessions = createRoute({
  ...access("account"),
  method: "delete",
  path: "/v1/auth/sessions",
  summary: "Sign out everywhere, here included",
  responses: { 204: { description: "All sessions have ended." } },
});

export function addSessionRoutes(app: App, deps: () => AuthDeps): void {
  app.openapi(postSession, async (c) => {
    const signedIn = await signIn(c.req.valid("json"), c.var.requestId, deps());
    return c.json(await tokensOf(signedIn, deps()), 201);
  });

  app.openapi(postTokens, async (c) => {
    const attemptKey = c.req.valid("header")["idempotency-key"];
    if (attemptKey === undefined) {
      throw errors.idempotencyKeyRequired("send the attempt key as Idempotency-Key");
    }
    const { refreshToken } = c.req.valid("json");
    const refreshed = await refresh({ refreshToken, attemptKey, requestId: c.var.requestId }, deps());
    return c.json(await tokensOf(refreshed, deps()), 200);
  });

  app.openapi(listSessions, async (c) => {
    const { db, clock } = deps();
    const { account } = c.var;
    const { limit, cursor } = c.req.valid("query");
    await requireLiveSession(db, account, clock());
    const rows = await sessionsOf(db, account.userId, { limit, after: decodeCursor(cursor) }, clock());
    const page = pageOf(
      rows,
      limit,
      (row) => [row.created_exactly, row.id],
      (row) => sessionOf(row, account.sessionId),
    );
    return c.json(page, 200);
  });

  app.openapi(deleteSession, async (c) => {
    const { db, clock, endListeners } = deps();
    const { userId, sessionId } = c.var.account;
    const asked = c.req.valid("param").id;
    const id = asked === "current" ? sessionId : asked;
    // A session that has ended may still be asked to end, so that a lost answer can be asked for again; it may do nothing else.
    if (id !== sessionId) await requireLiveSession(db, c.var.account, clock());
    if (!ID_PATTERN.test(id)) throw errors.notFound();
    const end = await db.transaction(async (sql) => {
      const result = await endSession(sql, userId, id, clock());
      const entry = { action: "signed_out", userId, sessionId: id, requestId: c.var.requestId } as const;
      if (result === "ended") await audit(sql, entry, clock());
      return result;
    });
    if (end === "unknown") throw errors.notFound();
    if (end === "ended") await endListeners(userId);
    return c.body(null, 204);
  });

  app.openapi(deleteSessions, async (c) => {
    const { db, clock, endListeners } = deps();
    const { userId, sessionId } = c.var.account;
    await requireLiveSession(db, c.var.account, clock());
    await db.transaction(async (sql) => {
      await endAllSessions(sql, userId, clock());
      const { requestId } = c.var;
      await audit(sql, { action: "signed_out_everywhere", userId, sessionId, requestId }, clock());
    });
    await endListeners(userId);
    return c.body(null, 204);
  });
}

async function tokensOf(
  { account, sessionId, refreshToken }: SignedIn,
  { issueAccessToken, clock }: AuthDeps,
): Promise<z.infer<typeof tokens>> {
  const { id, email, name, role } = account;
  return {
    accessToken: await issueAccessToken({ userId: id, sessionId, role }, clock()),
    tokenType: "Bearer",
    expiresIn: ACCESS_TOKEN_SECONDS,
    refreshToken,
    session: { id: sessionId },
    user: { id, email, name, role, enrolled: role !== null },
  };
}

function sessionOf(row: SessionRow, currentId: string): z.infer<typeof session> {
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
