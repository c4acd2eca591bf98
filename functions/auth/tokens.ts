/** What a person is given who has signed in or refreshed: the tokens of one session, and who they are. */
import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { ACCESS_TOKEN_SECONDS, roleSchema } from "#shared/platform/http/accessToken.ts";
import type { IssueAccessToken } from "./accessTokenIssuer.ts";
import type { SignedIn } from "./signIn.ts";

export const tokensSchema = z
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
export type Tokens = z.infer<typeof tokensSchema>;

export interface TokensDeps {
  readonly issueAccessToken: IssueAccessToken;
  readonly clock: Clock;
}

/** Issues the access token of a session whose refresh token is this. */
export async function tokensOf(
  { account, sessionId, refreshToken }: SignedIn,
  { issueAccessToken, clock }: TokensDeps,
): Promise<Tokens> {
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
