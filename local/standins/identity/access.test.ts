/** Each account has a metadata server of its own, and signs as what its roles allow. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { freePort } from "../../processes/ports.ts";
import { type Binding, policyOf, resources } from "../iam/policy.ts";
import { bodyOf, ENGINE, type Fresh, freshIdentity, RUNTIME } from "./harness.ts";

let fresh: Fresh;
let port: number;
let bindings: Binding[] = [];
before(async () => {
  port = await freePort();
  fresh = await freshIdentity({
    metadata: [{ port, serviceAccount: ENGINE }],
    policy: { allows: (...question) => policyOf(bindings).allows(...question) },
  });
});
after(() => fresh[Symbol.asyncDispose]());

const signs = (member: string, as: string): Binding => ({
  member,
  role: "roles/iam.serviceAccountTokenCreator",
  resource: resources.serviceAccount(as),
});

/** What a metadata server says. */
async function metadata(host: string, path: string): Promise<string> {
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/${path}`;
  return (await fetch(url, { headers: { "metadata-flavor": "Google" } })).text();
}

async function ask(method: string, account: string, body: object) {
  const { access_token: token } = z
    .object({ access_token: z.string() })
    .parse(JSON.parse(await metadata(`127.0.0.1:${port}`, "token")));
  const answer = await fetch(`${fresh.identity.url}/v1/projects/-/serviceAccounts/${account}:${method}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await bodyOf(answer) };
}
const sign = (account: string) => ask("signBlob", account, { payload: "aGk=" });

test("each metadata server answers for its own account", async () => {
  assert.equal(await metadata(`127.0.0.1:${port}`, "email"), ENGINE);
  assert.equal(await metadata(fresh.identity.metadataHost, "email"), RUNTIME);
  const elsewhere = await fetch(`http://127.0.0.1:${port}/v1/userinfo`);
  assert.equal(elsewhere.status, 404);
});

test("an account signs as itself with a role on itself, and as no other", async () => {
  bindings = [signs(ENGINE, ENGINE)];
  assert.equal((await sign(ENGINE)).status, 200);
  const denied = await sign(RUNTIME);
  assert.equal(denied.status, 403);
  const { error } = denied.body;
  assert.deepEqual(error, {
    code: 403,
    message: "Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist).",
    status: "PERMISSION_DENIED",
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "IAM_PERMISSION_DENIED",
        domain: "iam.googleapis.com",
        metadata: { permission: "iam.serviceAccounts.signBlob" },
      },
    ],
  });
  bindings = [];
  assert.equal((await sign(ENGINE)).status, 403);
});

test("tokens in another account's name need a role on it too", async () => {
  bindings = [];
  const asked = [
    () => ask("generateIdToken", RUNTIME, { audience: "a" }),
    () => ask("generateAccessToken", RUNTIME, { scope: ["a"] }),
  ];
  for (const one of asked) assert.equal((await one()).status, 403);
  bindings = [signs(ENGINE, RUNTIME)];
  for (const one of asked) assert.equal((await one()).status, 200);
});
