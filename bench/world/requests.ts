/** What the bench sends to each function: a request that does the function's usual work, and the largest body it reads. */
import type { FunctionName } from "#shared/manifest.ts";

export interface BenchRequest {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What requests are about. */
export interface Subjects {
  readonly googleToken: string;
  readonly uploadsBucket: string;
  readonly person: { readonly token: string; readonly userId: string };
  readonly uploadId: string;
  readonly jobId: string;
  readonly engineToken: string;
  readonly adminToken: string;
  newKey(): string;
}

const LARGEST_BODY = 256 * 1024;

/** Requests by function; each is sent as many times at once as an instance serves. */
export const requests: Readonly<Record<FunctionName, (world: Subjects) => BenchRequest[]>> = {
  auth: (world) => [
    post("/v1/auth/sessions", { provider: "google", idToken: world.googleToken }),
    get("/v1/auth/sessions", world.person.token),
  ],
  groups: (world) => [get("/v1/me", world.person.token), get("/v1/group", world.person.token)],
  uploads: (world) => [
    post("/v1/uploads", { contentType: "video/mp4", size: 99 }, world.person.token, world.newKey()),
    get(`/v1/uploads/${world.uploadId}`, world.person.token),
  ],
  streams: (world) => [get(`/v1/jobs/${world.jobId}/events`, world.person.token)],
  jobs: (world) => [get("/v1/jobs", world.person.token), get("/v1/status")],
  library: (world) => [get("/v1/resources", world.person.token), get("/v1/vr-videos", world.person.token)],
  engine: (world) => [
    post(
      "/v1/engine/leases",
      { engineId: "bench", kinds: ["avatar"], max: 1, leaseSeconds: 30 },
      world.engineToken,
      world.newKey(),
    ),
  ],
  admin: (world) => [
    get("/v1/admin/quarantine", world.adminToken),
    get("/v1/admin/dead-letters", world.adminToken),
    get("/v1/admin/diagnosis", world.adminToken),
  ],
  dispatch: (world) => [post("/lease-ended", { jobId: world.jobId, leaseNumber: 1 })],
  // Without work; the measure `sessionAnalysis` has what the largest session takes.
  workshop: () => [post("/work", { worker: 1 })],
  outbound: (world) => [post("/fetch", { uploadId: world.uploadId })],
  ingest: (world) => [
    event("google.cloud.storage.object.v1.finalized", "objects/nothing", {
      bucket: world.uploadsBucket,
      name: "spaces/nothing/uploads/nothing",
    }),
  ],
  sync: (world) => [resultEvent(world.jobId)],
  notify: (world) => [
    event("google.cloud.pubsub.topic.v1.messagePublished", "", {
      message: { data: base64({ ...INVITED, userId: world.person.userId }) },
    }),
  ],
  sweep: () => [post("/urgent", undefined), post("/slow", undefined)],
};

/** Where the largest body goes when it isn't to the first request of the function. */
const BODY_ROUTES: Partial<Record<FunctionName, Pick<BenchRequest, "method" | "path">>> = {
  groups: { method: "PATCH", path: "/v1/me" },
  jobs: { method: "POST", path: "/v1/jobs" },
  library: { method: "POST", path: "/v1/vr-videos" },
  admin: { method: "POST", path: "/v1/admin/samples" },
};

/** The largest JSON body that is read, to a route of `name` that reads one; `streams` has none and answers 405. */
export function largest(name: FunctionName, usual: BenchRequest): BenchRequest {
  const route = BODY_ROUTES[name] ?? { method: "POST", path: usual.path };
  const empty = JSON.stringify({ text: "" }).length;
  return { ...route, headers: usual.headers ?? {}, body: { text: "x".repeat(LARGEST_BODY - empty) } };
}

const INVITED = { id: "bench.invited", at: "2030-01-01T00:00:00.000Z", type: "invited", giverName: null };

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

export function get(path: string, token?: string): BenchRequest {
  return { method: "GET", path, headers: authorization(token) };
}

export function post(path: string, body: unknown, token?: string, key?: string): BenchRequest {
  return {
    method: "POST",
    path,
    headers: { ...authorization(token), ...(key && { "idempotency-key": key }) },
    body,
  };
}

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** That the document of a job's result was written. */
export function resultEvent(jobId: string): BenchRequest {
  return event("google.cloud.firestore.document.v1.written", `documents/results/${jobId}`, {});
}

/** An event as Eventarc delivers it: attributes in headers. */
function event(type: string, subject: string, data: unknown): BenchRequest {
  const attributes = { id: "bench", specversion: "1.0", source: "//bench", type, subject };
  const headers = Object.entries(attributes)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => [`ce-${name}`, value]);
  return { method: "POST", path: "/", headers: Object.fromEntries(headers), body: data };
}
