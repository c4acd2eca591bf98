import { z } from "@hono/zod-openapi";
import type { AccessClaims } from "#shared/platform/http/accessToken.ts";
import { route } from "#shared/platform/http/route.ts";

/** Says in one header who the bearer of a good access token is. */
export async function verifyAccessToken(
  { userId, sessionId, role }: AccessClaims,
  _deps: unknown,
): Promise<string> {
  return JSON.stringify({ sub: userId, sid: sessionId, role });
}

export const verifyAccessTokenRoute = route(
  {
    operationId: "verifyAccessToken",
    access: "account",
    method: "get",
    path: "/v1/auth/verify",
    summary: "Whether an access token is good; for a reverse proxy's sub-request",
    responses: {
      204: {
        description: "It is.",
        headers: z.object({
          "x-user-claim": z
            .string()
            .describe('JSON in ASCII: `{"sub", "sid", "role"}`; role is null before enrolment.'),
        }),
      },
    },
    errors: [],
  },
  verifyAccessToken,
  async (c, perform) => {
    c.header("x-user-claim", await perform(c.var.account));
    return c.body(null, 204);
  },
);
