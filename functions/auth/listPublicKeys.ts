import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { PublicKey } from "./accessTokenIssuer.ts";

const keySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("EC"),
        crv: z.literal("P-256"),
        x: z.string(),
        y: z.string(),
        kid: z.string(),
        alg: z.literal("ES256"),
        use: z.literal("sig"),
      }),
    ),
  })
  .openapi("Keys");

/** The public keys of access tokens. */
export async function listPublicKeys(
  _input: unknown,
  { publicKeys }: { readonly publicKeys: readonly PublicKey[] },
): Promise<z.infer<typeof keySet>> {
  return { keys: [...publicKeys] };
}

export const listPublicKeysRoute = route(
  {
    operationId: "listPublicKeys",
    access: "public",
    method: "get",
    path: "/v1/auth/jwks.json",
    summary: "The public keys of access tokens: the current one, and those of a rotation under way",
    responses: { 200: json(keySet, "A JSON Web Key Set (RFC 7517).") },
    errors: [],
  },
  listPublicKeys,
  async (c, perform) => {
    c.header("cache-control", "public, max-age=600");
    return c.json(await perform(undefined), 200);
  },
);
