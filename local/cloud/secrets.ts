/** The secrets of one local cloud: made once, kept with its data. In production they live in Secret Manager. */
import { generateKeyPairSync, type JsonWebKey, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) });
const secretsSchema = z.object({
  tokenSigningKeys: jwksSchema,
  tokenPublicKeys: jwksSchema,
  refreshTokenKey: z.string(),
  codeKey: z.string(),
  inputKey: z.string(),
  oauthClientSecret: z.string(),
});
export type Secrets = z.infer<typeof secretsSchema>;

/** Reads the secrets in `file`, making first what is missing there. */
export function loadSecrets(file: string): Secrets {
  const kept: object = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const secrets = secretsSchema.parse({ ...makeSecrets(), ...kept });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}

function makeSecrets(): Secrets {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomBytes(8).toString("hex");
  const described = (key: JsonWebKey) => ({ ...key, kid, alg: "ES256", use: "sig" });
  const key = () => randomBytes(32).toString("base64");
  return {
    tokenSigningKeys: { keys: [described(pair.privateKey.export({ format: "jwk" }))] },
    tokenPublicKeys: { keys: [described(pair.publicKey.export({ format: "jwk" }))] },
    refreshTokenKey: key(),
    codeKey: key(),
    inputKey: key(),
    oauthClientSecret: randomBytes(18).toString("base64url"),
  };
}
