/** The way of one video from the signed upload to the opened resource, step by step, with what each step takes. */
import { family } from "../results/harness.ts";
import type { CountedCloud } from "./countedCloud.ts";
import type { Counts } from "./counts.ts";

export interface Step {
  readonly name: string;
  /** What of it is paid for, and why; one line. */
  readonly reason: string;
  readonly counts: Counts;
}

export interface Home {
  readonly spaceId: string;
  readonly giver: { readonly id: string; readonly sessionId: string; readonly token: string };
  readonly recipient: { readonly id: string; readonly token: string };
}

/** A care group of two, each with a phone. */
export async function makeHome(cloud: CountedCloud): Promise<Home> {
  const { spaceId, giverId, recipientId } = await family({ backend: { pool: cloud.pool } });
  const giver = await cloud.sessionOf(giverId);
  const recipient = await cloud.sessionOf(recipientId);
  for (const [userId, session] of [
    [giverId, giver],
    [recipientId, recipient],
  ] as const) {
    await cloud.pool.query(
      `INSERT INTO devices (user_id, id, session_id, platform, push_token, updated_at) VALUES ($1, 'phone', $2, 'ios', $2, now())`,
      [userId, session.id],
    );
  }
  return {
    spaceId,
    giver: { id: giverId, sessionId: giver.id, token: giver.token },
    recipient: { id: recipientId, token: recipient.token },
  };
}

export interface Converted {
  readonly steps: readonly Step[];
  readonly uploadId: string;
  readonly jobId: string;
  readonly resourceId: string;
}

const VIDEO = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypmp42"), Buffer.alloc(16)]);
const LEASE_SECONDS = 300;

/**
 * Converts one video.
 * @param renews of the engine, one for each time that it says how far it is
 */
export async function convert(
  cloud: CountedCloud,
  { spaceId, giver, recipient }: Home,
  renews: number,
): Promise<Converted> {
  const steps: Step[] = [];
  cloud.messages.length = 0;
  const step = async <T>(name: string, reason: string, work: () => Promise<T>): Promise<T> => {
    let result: { done: T } | undefined;
    const counts = await cloud.counted(async () => {
      result = { done: await work() };
    });
    steps.push({ name, reason, counts });
    if (!result) throw new Error(`${name} did nothing`);
    return result.done;
  };
  const asking = (name: string, token: string) => async (method: string, path: string, body?: unknown) => {
    const key = method === "POST" ? { "idempotency-key": crypto.randomUUID() } : {};
    const answer = await cloud.ask(name, method, path, {
      token,
      headers: key,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.text === "" ? {} : answer.json;
  };
  const engine = asking("engine", cloud.engineToken);

  const upload = await step(
    "an upload is signed",
    "membership; the upload's document and the space's budget; one signature for each of the two ways to upload",
    () =>
      asking("uploads", giver.token)("POST", "/v1/uploads", {
        ...{ contentType: "video/mp4", size: VIDEO.length, spaceId },
      }),
  );
  const object = `spaces/${spaceId}/uploads/${upload.id}`;
  await step(
    "the bytes arrive",
    "the phone's object; `ingest` reads its start and writes the verdict",
    async () => {
      cloud.uploads.arrive(object, VIDEO, "video/mp4");
      await cloud.events.uploaded(object);
    },
  );
  const job = await step(
    "the job is submitted",
    "membership; job, line and answer by key in one commit; a task that rings the engine",
    () =>
      asking("jobs", giver.token)("POST", "/v1/jobs", {
        ...{ kind: "scene", title: "Home", params: {}, inputs: { video: upload.id }, spaceId },
      }),
  );
  await step("the engine is rung", "the bell, and whether work waits", () => runTask(cloud, "/ring"));
  const { leases } = await step(
    "the engine leases it",
    "the answer by key, the head of the line, the claim; a timer for its end; one signature for the input",
    () =>
      engine("POST", "/v1/engine/leases", {
        ...{ engineId: "e1", kinds: ["scene"], max: 1, leaseSeconds: LEASE_SECONDS },
      }),
  );
  const lease = `/v1/engine/leases/${leases[0].leaseId}`;
  await step(`${renews} renewals`, "each the job read and written, which phones see", async () => {
    for (let turn = 1; turn <= renews; turn++)
      await engine("POST", `${lease}/renew`, {
        progress: turn / (renews + 1),
        stage: "training",
        leaseSeconds: LEASE_SECONDS,
      });
  });
  await step(
    "the result is announced and uploaded",
    "one signature and one object for each of two files",
    async () => {
      const files = [
        { name: "scene.glb", contentType: "model/gltf-binary", size: 4 },
        { name: "poster.png", contentType: "image/png", size: 8 },
      ];
      await engine("POST", `${lease}/outputs`, { files });
      cloud.resources.arrive(
        `spaces/${spaceId}/jobs/${job.id}/1/scene.glb`,
        Buffer.from("glTF"),
        "model/gltf-binary",
      );
      const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      cloud.resources.arrive(`spaces/${spaceId}/jobs/${job.id}/1/poster.png`, png, "image/png");
    },
  );
  await step(
    "the job is completed",
    "each file's metadata and start; job, result and line in one commit",
    async () => {
      const files = [];
      for (const name of ["scene.glb", "poster.png"]) {
        const stored = await cloud.resources.look(`spaces/${spaceId}/jobs/${job.id}/1/${name}`);
        cloud.counts.classB -= 1; // a look of this test's own
        files.push({ name, crc32c: stored?.crc32c });
      }
      await engine("POST", `${lease}/complete`, { files });
    },
  );
  await step(
    "the result comes into SQL",
    "the document and its files' metadata; the row by one statement; the message; the feed of the space",
    () => cloud.events.resultWritten(job.id),
  );
  await step(
    "phones are notified",
    "each device a claim, a push and its end; the job's end in the change log",
    async () => {
      for (const event of cloud.messages.splice(0)) await cloud.events.published(event);
    },
  );
  await step("the timer of the lease goes off", "finds the lease ended", () =>
    runTask(cloud, "/lease-ended"),
  );
  // Listening reaches no function: each state of the document that a phone gets is one read, and its rule reads the session and the membership
  // when the phone begins. After the first state come those of the lease, each renewal and the end.
  await step(
    "a phone watches the job",
    "each state of the document is a read; its rule reads two",
    async () => {
      cloud.counts.reads += 1 + 1 + renews + 1 + 2;
    },
  );
  const library = asking("library", recipient.token);
  const { items } = await step(
    "the library is listed",
    "one statement; a signature for a poster, if there is one",
    () => library("GET", "/v1/resources"),
  );
  const resourceId: string = items[0].id;
  await step("the resource is opened", "one signature for each file that isn't signed yet", () =>
    library("GET", `/v1/resources/${resourceId}`),
  );
  return { steps, uploadId: upload.id, jobId: job.id, resourceId };
}

/** Calls `dispatch` with the task of a path that waits, as Cloud Tasks would at its time. */
async function runTask(cloud: CountedCloud, path: string): Promise<void> {
  const task = cloud.tasks.take((waiting) => waiting.path === path);
  if (!task) return;
  cloud.counts.tasks += 1; // an attempt to deliver is an operation too
  const answer = await cloud.ask("dispatch", "POST", path, { body: task.body, token: null });
  if (answer.status >= 300 && answer.status !== 429 && answer.status !== 503)
    throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
}
