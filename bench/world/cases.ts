/** The requests that cold starts and warm speed are measured by, with the goals of each. */
import type { FunctionName } from "#shared/manifest.ts";
import { type BenchRequest, get, post, requests, type Subjects } from "./requests.ts";

export interface Case {
  readonly name: string;
  readonly function: FunctionName;
  readonly request: (subjects: Subjects) => BenchRequest;
  /** Cold start ÷ that of hello, at most. */
  readonly cold?: number;
  /** Requests a second ÷ those of hello, at least; left out where only the cold start is measured. */
  readonly warm?: number;
}

const SQL_COLD = 1.3;
const DOCUMENTS_COLD = 1.6;

function first(name: FunctionName): (subjects: Subjects) => BenchRequest {
  return (subjects) => {
    const [request] = requests[name](subjects);
    if (request === undefined) throw new Error(`no request is listed for ${name}`);
    return request;
  };
}

export const cases: readonly Case[] = [
  {
    name: "auth: public keys",
    function: "auth",
    request: () => get("/v1/auth/jwks.json"),
    cold: SQL_COLD,
    warm: 0.5,
  },
  {
    name: "auth: sessions",
    function: "auth",
    request: ({ person }) => get("/v1/auth/sessions", person.token),
    cold: SQL_COLD,
    warm: 0.5,
  },
  {
    name: "groups: GET /v1/me",
    function: "groups",
    request: ({ person }) => get("/v1/me", person.token),
    cold: SQL_COLD,
    warm: 0.5,
  },
  {
    name: "library: GET /v1/resources",
    function: "library",
    request: ({ person }) => get("/v1/resources", person.token),
    cold: SQL_COLD,
    warm: 0.5,
  },
  {
    name: "uploads: one",
    function: "uploads",
    request: ({ person, uploadId }) => get(`/v1/uploads/${uploadId}`, person.token),
    cold: DOCUMENTS_COLD,
    warm: 0.2,
  },
  {
    name: "uploads: sign",
    function: "uploads",
    request: ({ person, newKey }) =>
      post("/v1/uploads", { contentType: "video/mp4", size: 99 }, person.token, newKey()),
    cold: DOCUMENTS_COLD,
  },
  {
    name: "jobs: list",
    function: "jobs",
    request: ({ person }) => get("/v1/jobs", person.token),
    cold: DOCUMENTS_COLD,
    warm: 0.2,
  },
  {
    name: "jobs: one",
    function: "jobs",
    request: ({ person, jobId }) => get(`/v1/jobs/${jobId}`, person.token),
    cold: DOCUMENTS_COLD,
    warm: 0.2,
  },
  // Before the submissions: the emulator's time for a query grows with all jobs that it holds.
  {
    name: "engine: lease, empty line",
    function: "engine",
    request: ({ engineToken, newKey }) =>
      post(
        "/v1/engine/leases",
        { engineId: "bench", kinds: ["avatar"], max: 1, leaseSeconds: 30 },
        engineToken,
        newKey(),
      ),
    cold: DOCUMENTS_COLD,
    warm: 0.2,
  },
  {
    name: "jobs: submit",
    function: "jobs",
    request: ({ person, uploadId, newKey }) =>
      post(
        "/v1/jobs",
        { kind: "scene", title: "A place", params: {}, inputs: { video: uploadId } },
        person.token,
        newKey(),
      ),
    cold: DOCUMENTS_COLD,
    warm: 0.2,
  },
  { name: "streams: first event", function: "streams", request: first("streams"), cold: DOCUMENTS_COLD },
  {
    name: "dispatch: end of a lease",
    function: "dispatch",
    request: first("dispatch"),
    cold: DOCUMENTS_COLD,
  },
  { name: "ingest: an unknown object", function: "ingest", request: first("ingest"), cold: DOCUMENTS_COLD },
  { name: "sync: a result that is gone", function: "sync", request: first("sync"), cold: DOCUMENTS_COLD },
];
