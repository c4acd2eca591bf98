/** What the tests of this folder start from: a fresh identity stand-in with one client and three service accounts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Identity, type IdentityOptions, startIdentity } from "./server.ts";

export const RUNTIME = "functions@reverie-test.iam.gserviceaccount.com";
export const ENGINE = "engine@reverie-test.iam.gserviceaccount.com";
export const TASKS = "tasks@reverie-test.iam.gserviceaccount.com";
export const CLIENT = {
  clientId: "web.apps.googleusercontent.com",
  clientSecret: "s3cret:with % and &",
  redirectUris: ["http://127.0.0.1:1/v1/auth/google/callback", "http://127.0.0.1:1/other?keep=1"],
};

export interface Fresh {
  readonly identity: Identity;
  readonly dataDir: string;
  readonly engineKeyFile: string;
  /** Moves the server's clock. */
  readonly advance: (seconds: number) => void;
  readonly logged: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Keys take a moment to make, so a file's tests share one server unless they change its state. */
export async function freshIdentity(overrides: Partial<IdentityOptions> = {}): Promise<Fresh> {
  const dir = await mkdtemp(join(tmpdir(), "identity-"));
  const dataDir = overrides.dataDir ?? join(dir, "data");
  const engineKeyFile = join(dir, "engine.json");
  const logged: string[] = [];
  let ahead = 0;
  const identity = await startIdentity({
    port: 0,
    dataDir,
    projectId: "reverie-test",
    serviceAccounts: [{ email: RUNTIME }, { email: ENGINE, keyFile: engineKeyFile }, { email: TASKS }],
    runtimeServiceAccount: RUNTIME,
    oauthClients: [CLIENT, { clientId: "other", clientSecret: "other", redirectUris: CLIENT.redirectUris }],
    clock: () => new Date(Date.now() + ahead * 1000),
    log: (event, fields) => logged.push(JSON.stringify({ event, ...fields })),
    ...overrides,
  });
  return {
    identity,
    dataDir,
    engineKeyFile,
    logged,
    advance: (seconds) => {
      ahead += seconds;
    },
    async [Symbol.asyncDispose]() {
      await identity.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A JSON object that was answered. */
export async function bodyOf(response: Response | Promise<Response>): Promise<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(await (await response).json());
}

/** `POST /users`. */
export async function userToken(identity: Identity, user: object): Promise<{ idToken: string; sub: string }> {
  const response = await fetch(`${identity.url}/users`, { method: "POST", body: JSON.stringify(user) });
  return z.strictObject({ idToken: z.string(), sub: z.string() }).parse(await response.json());
}
