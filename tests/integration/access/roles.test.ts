/** A role that is taken out of the running local cloud is missed at once, at the call that needs it and in Google's words. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { z } from "zod";
import { EngineClient } from "#engine/kit/client.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { writeWhole } from "#local/cloud/parts.ts";
import { accounts, functionAccount, planCloud } from "#local/cloud/plan.ts";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { createdUploadSchema } from "#local/demo/phone/upload.ts";
import { type Binding, policySchema } from "#local/standins/iam/policy.ts";
import { type TestCloud, testCloud } from "#local/testing/backends.ts";
import { completeNext, eventually, mp4 } from "#tests/acceptance/tools.ts";

let cloud: TestCloud;
let policyFile: string;
let granted: readonly Binding[];
let urls: ReturnType<typeof planCloud>["urls"];
let giver: Phone;
let recipient: Phone;

before(async () => {
  cloud = await testCloud();
  const plan = planCloud({ portBase: cloud.portBase, dataDir: cloud.dataDir, fresh: false, engine: false });
  urls = plan.urls;
  policyFile = plan.files.policy;
  granted = policySchema.parse(JSON.parse(readFileSync(policyFile, "utf8"))).bindings;
  const run = randomBytes(4).toString("hex");
  [giver, recipient] = await Promise.all([
    Phone.signIn(cloud, { email: `roles-giver-${run}@example.com` }),
    Phone.signIn(cloud, { email: `roles-recipient-${run}@example.com` }),
  ]);
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient")]);
  await giver.confirm(await giver.invite(recipient.email), await mailedCode(cloud.mail, recipient.email));
});
after(() => setPolicy(granted));

function setPolicy(bindings: readonly Binding[]): void {
  writeWhole(policyFile, JSON.stringify({ bindings }));
}

/** Does something while an account lacks a role. */
async function without<T>(member: string, role: string, work: () => Promise<T>): Promise<T> {
  const rest = granted.filter((binding) => binding.member !== member || binding.role !== role);
  assert.ok(rest.length < granted.length, `${member} has ${role}`);
  setPolicy(rest);
  try {
    return await work();
  } finally {
    setPolicy(granted);
  }
}

/** What the stand-ins have refused so far. */
async function refusals(): Promise<string[]> {
  const logs = ["storage.log", "tasks.log"].map((name) =>
    readFile(join(cloud.dataDir, "logs", name), "utf8"),
  );
  const lines = (await Promise.all(logs)).join("\n").split("\n");
  return lines.filter((line) => line.includes('"access_denied"'));
}

test("on a video's whole way nothing is refused", async () => {
  const earlier = await refusals();
  const video = await giver.upload(await mp4(), "video/mp4");
  const params = { location: "outdoor" };
  const job = await giver.submit({ kind: "scene", title: "Allowed", params, inputs: { video } });
  const engine = new EngineClient(
    cloud.api,
    serviceAccountTokens({ keyFile: cloud.engineKeyFile, audience: cloud.api, clock: () => new Date() }),
  );
  await completeNext(engine, "scene", job.id);
  const id = (await giver.job(job.id)).resourceId ?? "";
  await eventually("the resource", async () => (await recipient.resource(id)) !== undefined);
  const [file] = (await recipient.resource(id))?.files ?? [];
  assert.ok(file);
  assert.equal((await fetch(file.url)).status, 200);
  await recipient.call("DELETE", `/v1/resources/${id}`);
  assert.deepEqual((await refusals()).slice(earlier.length), []);
});

test("a signed upload URL is refused while uploads may not create objects", async () => {
  const file = await mp4();
  const { size } = await stat(file);
  const body = { contentType: "video/mp4", size };
  const { method, url, headers } = createdUploadSchema.parse(
    await giver.call("POST", "/v1/uploads", { body }),
  );
  const bytes = new Uint8Array(await readFile(file));
  const send = () => fetch(url, { method, headers, body: bytes });
  const member = functionAccount("uploads");
  const refused = await without(member, "roles/storage.objectCreator", send);
  assert.equal(refused.status, 403);
  assert.match(
    (await refused.text()).replaceAll("&apos;", "'"),
    new RegExp(
      `<Code>AccessDenied</Code>.*${member} does not have storage.objects.create access to the Google Cloud`,
    ),
  );
  assert.equal((await send()).status, 200);
});

test("while jobs may not create tasks, a job is accepted and its ring left to sweep", async () => {
  const video = await giver.upload(await mp4(), "video/mp4");
  // Then the submission itself lets the job enter the line.
  await eventually("the upload is received", async () =>
    JSON.stringify(await giver.call("GET", `/v1/uploads/${video}`)).includes('"received"'),
  );
  const request = { kind: "scene", title: "Roles", params: { location: "outdoor" }, inputs: { video } };
  await without(functionAccount("jobs"), "roles/cloudtasks.enqueuer", async () => {
    const job = await giver.submit(request);
    const words = /lacks IAM permission \\*"cloudtasks.tasks.create\\*" for the resource/;
    await eventually("the refusal in the log", async () => {
      const log = await readFile(join(cloud.dataDir, "logs", "firebase.log"), "utf8");
      return log
        .split("\n")
        .some((line) => line.includes("effect_left_to_sweep") && line.includes(job.id) && words.test(line));
    });
    await giver.call("POST", `/v1/jobs/${job.id}/cancel`);
  });
});

test("dispatch and sweep are called by their own account only", async () => {
  for (const [url, caller, stranger] of [
    [urls.dispatch, accounts.tasks, accounts.scheduler],
    [urls.sweep, accounts.scheduler, accounts.tasks],
  ] as const) {
    for (const refused of [
      undefined,
      await idToken(stranger, url),
      await idToken(functionAccount("jobs"), url),
    ]) {
      const answer = await post(url, refused);
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /Your client does not have permission to get URL/);
    }
    const reached = await post(`${url}/nothing-here`, await idToken(caller, url));
    assert.match(reached.headers.get("content-type") ?? "", /application\/problem\+json/);
  }
});

function post(url: string, token: string | undefined): Promise<Response> {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  return fetch(url, { method: "POST", ...(headers ? { headers } : {}) });
}

/** As Google's own agents make one for a task or a schedule. */
async function idToken(account: string, audience: string): Promise<string> {
  const url = `${cloud.identity}/v1/projects/-/serviceAccounts/${account}:generateIdToken`;
  const body = JSON.stringify({ audience, includeEmail: true });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return z.object({ token: z.string() }).parse(await answer.json()).token;
}
