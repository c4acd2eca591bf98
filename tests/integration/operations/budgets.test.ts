/** What each route may ask of Postgres and Firestore at most. A route that asks for more fails here: it was changed, or so is its budget. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { resourceIdOf } from "#shared/results/resultDocument.ts";
import { openApiDocument } from "#tools/build/openapi.ts";
import { resultOf } from "../results/harness.ts";
import { convert, type Home, makeHome } from "./conversion.ts";
import { type CountedCloud, countedCloud } from "./countedCloud.ts";
import type { Counts } from "./counts.ts";

/** SQL statements (`BEGIN` and `COMMIT` among them), documents read, documents written or deleted. */
type Budget = readonly [statements: number, reads: number, writes: number];

/** Each route's function with the budget of its usual, successful way. A route that changes what members see may be the one that raises the feed. */
const budgets: Readonly<Record<string, readonly [name: string, ...Budget]>> = {
  "GET /v1/auth/jwks.json": ["auth", 0, 0, 0],
  "POST /v1/auth/sessions": ["auth", 17, 0, 0],
  "POST /v1/auth/tokens": ["auth", 8, 0, 0],
  "GET /v1/auth/verify": ["auth", 0, 0, 0],
  "GET /v1/auth/sessions": ["auth", 2, 0, 0],
  "POST /v1/auth/firebase-token": ["auth", 6, 1, 2],
  "DELETE /v1/auth/sessions": ["auth", 5, 0, 1],
  "DELETE /v1/auth/sessions/{id}": ["auth", 4, 0, 1],
  "GET /v1/me": ["groups", 1, 0, 0],
  "PATCH /v1/me": ["groups", 11, 0, 3],
  "GET /v1/me/export": ["groups", 16, 4, 0],
  "PUT /v1/devices/{id}": ["groups", 8, 0, 0],
  "DELETE /v1/devices/{id}": ["groups", 1, 0, 0],
  "GET /v1/spaces": ["groups", 1, 0, 0],
  "GET /v1/spaces/{id}": ["groups", 1, 0, 0],
  "GET /v1/group": ["groups", 2, 0, 0],
  "POST /v1/badges": ["groups", 14, 0, 2],
  "GET /v1/badges": ["groups", 3, 0, 0],
  "POST /v1/invitations": ["groups", 11, 0, 0],
  "POST /v1/invitations/{id}/confirm": ["groups", 11, 0, 0],
  "DELETE /v1/group/members/{userId}": ["groups", 15, 2, 2],
  "DELETE /v1/me": ["groups", 36, 29, 18],
  "POST /v1/uploads": ["uploads", 1, 2, 2],
  "GET /v1/uploads/{id}": ["uploads", 1, 1, 0],
  "POST /v1/uploads/{id}/renew": ["uploads", 1, 2, 1],
  "POST /v1/jobs": ["jobs", 1, 11, 4],
  "GET /v1/jobs": ["jobs", 1, 2, 0],
  "GET /v1/jobs/{id}": ["jobs", 1, 2, 0],
  "GET /v1/status": ["jobs", 0, 13, 0],
  "POST /v1/jobs/{id}/cancel": ["jobs", 1, 4, 3],
  "POST /v1/jobs/{id}/retry": ["jobs", 1, 9, 2],
  "POST /v1/engine/leases": ["engine", 0, 5, 3],
  "POST /v1/engine/leases/{leaseId}/release": ["engine", 0, 4, 3],
  "POST /v1/engine/leases/{leaseId}/renew": ["engine", 0, 1, 1],
  "POST /v1/engine/leases/{leaseId}/outputs": ["engine", 0, 1, 1],
  "POST /v1/engine/leases/{leaseId}/complete": ["engine", 0, 5, 5],
  "POST /v1/engine/leases/{leaseId}/fail": ["engine", 0, 5, 5],
  "GET /v1/resources": ["library", 1, 0, 0],
  "GET /v1/resources/{id}": ["library", 1, 0, 0],
  "PATCH /v1/resources/{id}": ["library", 10, 0, 1],
  "GET /v1/spaces/{id}/changes": ["library", 1, 0, 0],
  "GET /v1/game-sessions": ["library", 2, 0, 0],
  "GET /v1/progress": ["library", 2, 0, 0],
  "POST /v1/vr-videos": ["library", 12, 0, 1],
  "GET /v1/vr-videos": ["library", 2, 0, 0],
  "GET /v1/vr-videos/{id}": ["library", 2, 0, 0],
  "PATCH /v1/vr-videos/{id}": ["library", 9, 0, 1],
  "DELETE /v1/vr-videos/{id}": ["library", 7, 0, 1],
  "DELETE /v1/resources/{id}": ["library", 18, 1, 3],
};

/** Of the events of a conversion, by the steps of `convert`. */
const eventBudgets: Readonly<Record<string, Budget>> = {
  "the bytes arrive": [0, 4, 1],
  "the engine is rung": [0, 3, 1],
  "the result comes into SQL": [4, 1, 1],
  "phones are notified": [14, 0, 1],
  "the timer of the lease goes off": [0, 1, 0],
};

const FUNCTIONS: ReadonlySet<string> = new Set(["auth", "groups", "library", "uploads", "jobs", "engine"]);
const TRANSFORM = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };

let cloud: CountedCloud;
before(async () => {
  cloud = await countedCloud();
});
after(() => cloud.close());

interface Visit {
  readonly path?: string;
  readonly body?: object;
  /** Null for none. */
  readonly token: string | null;
  readonly status: number;
  /** The ETag of what was read before. */
  readonly ifMatch?: string | null;
}

test("no route asks more of Postgres and Firestore than its budget says", async () => {
  const problems: string[] = [];
  const seen = new Set<string>();
  const check = (what: string, counts: Counts, most: Budget) => {
    const used = [counts.statements, counts.reads, counts.writes + counts.deletes];
    if (used.some((count, index) => count > (most[index] ?? 0)))
      problems.push(`${what}: ${used.join(", ")} statements, reads and writes; ${most.join(", ")} at most`);
  };
  const visit = async (route: string, { path, body, token, status, ifMatch }: Visit) => {
    const [name = "", statements = 0, reads = 0, writes = 0] = budgets[route] ?? [];
    const [method = "", named = ""] = route.split(" ");
    const headers = { "idempotency-key": crypto.randomUUID(), ...(ifMatch && { "if-match": ifMatch }) };
    let answer: Awaited<ReturnType<CountedCloud["ask"]>> | undefined;
    const counts = await cloud.counted(async () => {
      answer = await cloud.ask(name, method, path ?? named, { token, headers, ...(body && { body }) });
    });
    if (!answer) throw new Error(`${route} was not answered`);
    seen.add(route);
    assert.equal(answer.status, status, `${route}: ${answer.text}`);
    check(route, counts, [statements, reads, writes]);
    return { json: answer.text.startsWith("{") ? answer.json : undefined, etag: answer.headers.get("etag") };
  };
  const home = await makeHome(cloud);
  await visitAccount(visit, home);
  await visitJobs(visit, home);
  const { resourceId, steps } = await convert(cloud, home, 1);
  for (const [name, most] of Object.entries(eventBudgets)) {
    const counts = steps.find((step) => step.name === name)?.counts;
    assert.ok(counts, name);
    check(name, counts, most);
  }
  await visitLibrary(visit, home, resourceId);
  await visitEnds(visit, home);
  assert.deepEqual(problems, []);
  const described = Object.entries((await openApiDocument()).paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { tags }]) =>
      tags?.some((tag) => FUNCTIONS.has(tag)) ? [`${method.toUpperCase()} ${path}`] : [],
    ),
  );
  assert.deepEqual([...seen, ...ELSEWHERE].sort(), described.sort(), "every route is visited");
});

/** What ends at another server: its requests go there, and a test of the flow stands beside it. */
const ELSEWHERE = ["GET /v1/auth/google", "GET /v1/auth/google/callback"];

type Visiting = (
  route: string,
  visit: Visit,
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by a test that knows what it asked for
) => Promise<{ json: any; etag: string | null }>;

async function visitAccount(visit: Visiting, { spaceId, giver, recipient }: Home): Promise<void> {
  const { token } = giver;
  await visit("GET /v1/auth/jwks.json", { token: null, status: 200 });
  const body = { provider: "google", idToken: "a-new-person@example.com" };
  const { json: session } = await visit("POST /v1/auth/sessions", { body, token: null, status: 201 });
  const { refreshToken, accessToken } = z
    .object({ refreshToken: z.string(), accessToken: z.string() })
    .parse(session);
  await visit("POST /v1/auth/tokens", { body: { refreshToken }, token: null, status: 200 });
  await visit("GET /v1/auth/verify", { token, status: 204 });
  await visit("GET /v1/auth/sessions", { token, status: 200 });
  await visit("POST /v1/auth/firebase-token", { token, status: 200 });
  await visit("DELETE /v1/auth/sessions", { token: accessToken, status: 204 });
  await visit("GET /v1/me", { token, status: 200 });
  await visit("PATCH /v1/me", { body: { name: "Jiwoo" }, token, status: 200 });
  await visit("GET /v1/me/export", { token, status: 200 });
  const device = { path: "/v1/devices/other", token };
  await visit("PUT /v1/devices/{id}", {
    ...device,
    body: { platform: "ios", pushToken: "push" },
    status: 204,
  });
  await visit("DELETE /v1/devices/{id}", { ...device, status: 204 });
  await visit("GET /v1/spaces", { token, status: 200 });
  await visit("GET /v1/spaces/{id}", { path: `/v1/spaces/${spaceId}`, token, status: 200 });
  await visit("GET /v1/group", { token, status: 200 });
  await visit("POST /v1/badges", { body: {}, token: recipient.token, status: 201 });
  await visit("GET /v1/badges", { token, status: 200 });
  const invitation = { body: { recipientEmail: "some@example.com" }, token, status: 202 };
  const { json } = await visit("POST /v1/invitations", invitation);
  const confirm = {
    path: `/v1/invitations/${json.id}/confirm`,
    body: { code: "00000000" },
    token,
    status: 422,
  };
  await visit("POST /v1/invitations/{id}/confirm", confirm);
}

async function visitJobs(visit: Visiting, { spaceId, giver }: Home): Promise<void> {
  const { token } = giver;
  const body = { contentType: "video/mp4", size: 99, spaceId };
  const upload = async () => {
    const { id } = (await visit("POST /v1/uploads", { body, token, status: 201 })).json;
    const received = { generation: "1", size: 99, crc32c: "AAAAAA==", contentType: "video/mp4" };
    await cloud.firestore.doc(`uploads/${id}`).update({ state: "received", received });
    return id;
  };
  const submit = async () => {
    const inputs = { video: await upload() };
    const job = { kind: "scene", title: "Home", params: {}, inputs, spaceId };
    return (await visit("POST /v1/jobs", { body: job, token, status: 202 })).json.id;
  };
  const { json: waiting } = await visit("POST /v1/uploads", { body, token, status: 201 });
  await visit("GET /v1/uploads/{id}", { path: `/v1/uploads/${waiting.id}`, token, status: 200 });
  await visit("POST /v1/uploads/{id}/renew", { path: `/v1/uploads/${waiting.id}/renew`, token, status: 200 });
  const first = await submit();
  await visit("GET /v1/jobs", { token, status: 200 });
  await visit("GET /v1/jobs/{id}", { path: `/v1/jobs/${first}`, token, status: 200 });
  await visit("GET /v1/status", { token: null, status: 200 });
  await visit("POST /v1/jobs/{id}/cancel", { path: `/v1/jobs/${first}/cancel`, token, status: 200 });
  await visit("POST /v1/jobs/{id}/retry", { path: `/v1/jobs/${first}/retry`, token, status: 200 });
  await visitEngine(visit, { jobId: first, spaceId, submitAnother: submit });
}

async function visitEngine(
  visit: Visiting,
  {
    jobId,
    spaceId,
    submitAnother,
  }: { jobId: string; spaceId: string; submitAnother: () => Promise<unknown> },
): Promise<void> {
  const token = cloud.engineToken;
  const lease = async () => {
    const body = { engineId: "e1", kinds: ["scene"], max: 1, leaseSeconds: 60 };
    const { json } = await visit("POST /v1/engine/leases", { body, token, status: 200 });
    return `/v1/engine/leases/${json.leases[0].leaseId}`;
  };
  const on = (what: string, path: string, body: object = {}) =>
    visit(`POST /v1/engine/leases/{leaseId}/${what}`, { path: `${path}/${what}`, body, token, status: 200 });
  await on("release", await lease());
  const held = await lease();
  await on("renew", held, { progress: 0.5, stage: "training", leaseSeconds: 60 });
  await on("outputs", held, { files: [{ name: "scene.glb", contentType: "model/gltf-binary", size: 4 }] });
  const { leaseNumber } = z
    .object({ leaseNumber: z.number() })
    .parse((await cloud.firestore.doc(`jobs/${jobId}`).get()).data());
  const object = `spaces/${spaceId}/jobs/${jobId}/${leaseNumber}/scene.glb`;
  const { crc32c } = cloud.resources.put(object, Buffer.from("glTF"), "model/gltf-binary");
  await on("complete", held, { files: [{ name: "scene.glb", crc32c }] });
  await submitAnother();
  await on("fail", await lease(), { code: "no_use", message: "A blurred video.", retryable: false });
}

async function visitLibrary(visit: Visiting, home: Home, resourceId: string): Promise<void> {
  const { spaceId, giver } = home;
  const { token } = giver;
  await visit("GET /v1/resources", { token, status: 200 });
  const resource = { path: `/v1/resources/${resourceId}`, token };
  const { etag } = await visit("GET /v1/resources/{id}", { ...resource, status: 200 });
  await visit("PATCH /v1/resources/{id}", {
    ...resource,
    body: { title: "Home" },
    ifMatch: etag,
    status: 200,
  });
  await visit("GET /v1/spaces/{id}/changes", { path: `/v1/spaces/${spaceId}/changes`, token, status: 200 });
  const query = `playerId=${giver.id}`;
  await visit("GET /v1/game-sessions", { path: `/v1/game-sessions?${query}`, token, status: 200 });
  const progress = `/v1/progress?${query}&game=reach&metric=score`;
  await visit("GET /v1/progress", { path: progress, token, status: 200 });
  const avatar = await resultOf(
    { objects: cloud.resources },
    { spaceId, giverId: giver.id },
    {
      ...{ kind: "avatar", params: { gender: "neutral" } },
    },
  );
  await cloud.firestore.doc(`results/${avatar.jobId}`).set(avatar);
  await cloud.events.resultWritten(avatar.jobId);
  const scene = { resourceId, transform: TRANSFORM };
  const avatars = [{ resourceId: resourceIdOf(avatar.jobId), transform: TRANSFORM }];
  const { json: made } = await visit("POST /v1/vr-videos", {
    body: { title: "Both", scene, avatars },
    token,
    status: 201,
  });
  await visit("GET /v1/vr-videos", { token, status: 200 });
  const video = { path: `/v1/vr-videos/${made.id}`, token };
  const seen = await visit("GET /v1/vr-videos/{id}", { ...video, status: 200 });
  await visit("PATCH /v1/vr-videos/{id}", {
    ...video,
    body: { title: "All" },
    ifMatch: seen.etag,
    status: 200,
  });
  await visit("DELETE /v1/vr-videos/{id}", { ...video, status: 204 });
  await visit("DELETE /v1/resources/{id}", { ...resource, status: 204 });
}

async function visitEnds(visit: Visiting, { giver, recipient }: Home): Promise<void> {
  const { token } = recipient;
  const removed = { path: `/v1/group/members/${giver.id}`, token, status: 204 };
  await visit("DELETE /v1/group/members/{userId}", removed);
  await visit("DELETE /v1/auth/sessions/{id}", {
    ...{ path: `/v1/auth/sessions/${giver.sessionId}`, token: giver.token, status: 204 },
  });
  await visit("DELETE /v1/me", { token, status: 200 });
}
