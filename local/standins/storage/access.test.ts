/** What callers without a role are refused, in Google's words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Binding, policyOf, resources } from "../iam/policy.ts";
import { type Answer, BUCKET, http, SIGNER, signByHand, start } from "./harness.ts";

const OTHER = "other@project.iam.gserviceaccount.com";
let bindings: Binding[] = [];
const accounts = new Map([
  ["signer", SIGNER],
  ["other", OTHER],
]);
const storage = await start({
  access: {
    policy: { allows: (...question) => policyOf(bindings).allows(...question) },
    callerOf: async (token) => accounts.get(token),
  },
});

const grant = (member: string, role: Binding["role"], prefix?: string): Binding => ({
  member,
  role,
  resource: resources.bucket(BUCKET),
  ...(prefix === undefined ? {} : { prefix }),
});
const VIEWER = grant(SIGNER, "roles/storage.objectViewer");
const CREATOR = grant(SIGNER, "roles/storage.objectCreator");
const DELETER = grant(SIGNER, "reverie.objectDeleter");

function api(method: string, path: string, token: string | undefined = "signer", body?: string) {
  const headers = token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` };
  return http(method, `${storage.url}${path}`, headers, body);
}
const object = (name: string) => `/storage/v1/b/${BUCKET}/o/${encodeURIComponent(name)}`;
const list = `/storage/v1/b/${BUCKET}/o`;
function create(name: string, token?: string, query = "") {
  const path = `/upload/storage/v1/b/${BUCKET}/o?uploadType=resumable&name=${name}${query}`;
  return api("POST", path, token, "{}");
}
const put = (name: string) =>
  http("PUT", `${storage.url}${signByHand("PUT", host(), `/${BUCKET}/${name}`)}`, {}, "bytes");
const get = (name: string) => http("GET", `${storage.url}${signByHand("GET", host(), `/${BUCKET}/${name}`)}`);
const host = () => new URL(storage.url).host;

const words = (who: string, permission: string, what = "object") =>
  `${who} does not have ${permission} access to the Google Cloud Storage ${what}. Permission '${permission}' denied on resource (or it may not exist).`;
function refused(answer: Answer, status: number, message: string, reason: string) {
  const error = { code: status, message, errors: [{ message, domain: "global", reason }] };
  assert.deepEqual([answer.status, JSON.parse(answer.text)], [status, { error }]);
}

test("without a role every call is refused with the permission that it lacks", async () => {
  bindings = [VIEWER, CREATOR, DELETER];
  assert.equal((await put("a")).status, 200);
  bindings = [];
  refused(await api("GET", object("a")), 403, words(SIGNER, "storage.objects.get"), "forbidden");
  refused(await api("DELETE", object("a")), 403, words(SIGNER, "storage.objects.delete"), "forbidden");
  refused(await api("GET", list), 403, words(SIGNER, "storage.objects.list", "bucket"), "forbidden");
  refused(await create("b"), 403, words(SIGNER, "storage.objects.create"), "forbidden");
  const media = await api("GET", `${object("a")}?alt=media`);
  assert.deepEqual([media.status, media.text], [403, words(SIGNER, "storage.objects.get")]);
});

test("a caller without a token, or with one of no account, is asked for credentials", async () => {
  bindings = [VIEWER, CREATOR, DELETER];
  const anonymous = words("Anonymous caller", "storage.objects.get");
  refused(await api("GET", object("a"), ""), 401, anonymous, "required");
  refused(await api("GET", object("a"), "unknown"), 401, "Invalid Credentials", "authError");
  refused(await api("GET", object("a"), "other"), 403, words(OTHER, "storage.objects.get"), "forbidden");
});

test("each role lets its own calls through", async () => {
  bindings = [VIEWER];
  assert.equal((await api("GET", object("a"))).status, 200);
  assert.equal((await api("GET", list)).status, 200);
  assert.equal((await api("GET", object("missing"))).status, 404);
  bindings = [CREATOR];
  assert.equal((await create("b")).status, 200);
  bindings = [DELETER];
  assert.equal((await api("DELETE", object("a"))).status, 204);
});

test("writing over an object needs the permission to delete, unless none may be there", async () => {
  bindings = [CREATOR];
  assert.equal((await put("over")).status, 200);
  refused(await create("over"), 403, words(SIGNER, "storage.objects.delete"), "forbidden");
  assert.equal((await put("over")).status, 403);
  assert.equal((await create("over", "signer", "&ifGenerationMatch=0")).status, 412);
  bindings = [CREATOR, DELETER];
  assert.equal((await put("over")).status, 200);
});

test("a signed URL allows what its signer may do when it is used, and no more", async () => {
  bindings = [CREATOR, VIEWER];
  assert.equal((await put("signed")).status, 200);
  assert.equal((await get("signed")).status, 200);
  bindings = [];
  for (const [answer, permission] of [
    [await put("later"), "storage.objects.create"],
    [await get("signed"), "storage.objects.get"],
  ] as const) {
    assert.deepEqual([answer.status, answer.code], [403, "AccessDenied"]);
    assert.match(answer.text, new RegExp(`<Details>${SIGNER} does not have ${permission} access`));
  }
});

test("a role with a condition holds below its prefix only", async () => {
  bindings = [grant(SIGNER, "roles/storage.objectCreator", "quarantine/")];
  assert.equal((await put("quarantine/a.json")).status, 200);
  assert.equal((await put("spaces/a.json")).status, 403);
});

test("an open session is continued without a role: who began it had one", async () => {
  bindings = [CREATOR];
  const location = (await create("session")).headers.location ?? "";
  bindings = [];
  const answer = await http("PUT", location, { "content-range": "bytes 0-4/5" }, "bytes");
  assert.equal(answer.status, 200);
});
