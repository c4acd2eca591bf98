import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SignJWT } from "jose";
import type { Binding } from "../standins/iam/policy.ts";
import { invokerCheck } from "./invoker.ts";

const dir = mkdtempSync(join(tmpdir(), "invoker-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const policyFile = join(dir, "policy.json");
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const [issuer, audience] = ["http://identity", "http://functions/dispatch"];
const TASKS = "reverie-tasks@demo.iam.gserviceaccount.com";
const SCHEDULER = "reverie-scheduler@demo.iam.gserviceaccount.com";
const NOW = new Date("2030-01-01T00:00:00Z");
const check = invokerCheck(
  {
    service: "dispatch",
    audience,
    issuer,
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    policyFile,
  },
  () => NOW,
);

function allow(...bindings: Binding[]): void {
  writeFileSync(policyFile, JSON.stringify({ bindings }));
}
const invokes = (member: string, service: string): Binding => ({
  member,
  role: "roles/run.invoker",
  resource: `services/${service}`,
});

async function call(
  email: string,
  claims: { iss?: string; aud?: string; exp?: number } = {},
  key = privateKey,
) {
  const { iss = issuer, aud = audience, exp = NOW.getTime() / 1000 + 60 } = claims;
  const token = await new SignJWT({ email, iss, aud, exp }).setProtectedHeader({ alg: "RS256" }).sign(key);
  return check(`Bearer ${token}`)?.status;
}

test("the account with the role on the function calls it, and no other account", async () => {
  allow(invokes(TASKS, "dispatch"), invokes(SCHEDULER, "sweep"));
  assert.equal(await call(TASKS), undefined);
  assert.equal(await call(SCHEDULER), 403);
  allow(invokes(SCHEDULER, "sweep"));
  assert.equal(await call(TASKS), 403);
});

test("a refusal is Cloud Run's page, also for a caller without a token", async () => {
  const refusal = check(undefined);
  assert.equal(refusal?.status, 403);
  assert.match(refusal?.body ?? "", /Your client does not have permission to get URL <code>\/<\/code>/);
});

test("a token that is forged, over, or for or from another is refused", async () => {
  allow(invokes(TASKS, "dispatch"));
  const { privateKey: other } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  assert.equal(await call(TASKS, {}, other), 401);
  assert.equal(await call(TASKS, { exp: NOW.getTime() / 1000 }), 401);
  assert.equal(await call(TASKS, { aud: "http://functions/sweep" }), 401);
  assert.equal(await call(TASKS, { iss: "http://elsewhere" }), 401);
  assert.equal(check("Bearer ya29.an.accesstoken")?.status, 401);
  assert.match(check("Basic eDp5")?.headers["www-authenticate"] ?? "", /invalid_token/);
});
