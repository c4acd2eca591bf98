import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import { type RefreshDeps, refresh } from "./refresh.ts";
import { type Tokens, type TokensDeps, tokensOf, tokensSchema } from "./tokens.ts";

/**
 * Spends a refresh token and issues the next tokens of its session.
 * @throws `idempotency_key_required`, `token_invalid`, `token_spent`, `token_reused`
 */
export async function refreshTokens(
  input: { refreshToken: string; attemptKey: string | undefined; requestId: string },
  deps: RefreshDeps & TokensDeps,
): Promise<Tokens> {
  const { attemptKey } = input;
  if (attemptKey === undefined) {
    throw errors.idempotencyKeyRequired("send the attempt key as Idempotency-Key");
  }
  return tokensOf(await refresh({ ...input, attemptKey }, deps), deps);
}

export const refreshTokensRoute = route(
  {
    operationId: "refreshTokens",
    access: "public",
    rate: "refresh",
    method: "post",
    path: "/v1/auth/tokens",
    summary: "Spend a refresh token and get its successor",
    description:
      "`Idempotency-Key` is the attempt key: a random value that the phone stores before it asks, and sends again when it asks again. A " +
      "spent token with its own key gives the same successor until that is used. With another key it ends the session.",
    request: {
      headers: z.object({ "idempotency-key": idempotencyKeySchema.optional().describe("Required.") }),
      body: jsonBody(z.strictObject({ refreshToken: z.string().min(1).max(512) })),
    },
    responses: { 200: json(tokensSchema, "Fresh tokens.") },
    errors: ["idempotency_key_required", "token_invalid", "token_spent", "token_reused"],
  },
  refreshTokens,
  async (c, perform) => {
    const { refreshToken } = c.req.valid("json");
    const attemptKey = c.req.valid("header")["idempotency-key"];
    return c.json(await perform({ refreshToken, attemptKey, requestId: c.var.requestId }), 200);
  },
);
