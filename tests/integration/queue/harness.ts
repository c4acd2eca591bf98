/** The queue's operations as the functions run them, on a Firestore of their own; tasks and events are kept for the tests to read. */
import { randomBytes } from "node:crypto";
import type { Firestore } from "@google-cloud/firestore";
import { announceOutputs } from "#functions/engine/announceOutputs.ts";
import { completeJob } from "#functions/engine/completeJob.ts";
import type { EngineDeps } from "#functions/engine/deps.ts";
import { type GivingBack, giveBack } from "#functions/engine/giveBack.ts";
import { heldLease } from "#functions/engine/heldLease.ts";
import { type LeaseView, leaseJobs } from "#functions/engine/leaseJobs.ts";
import { type Renewal, renewLease } from "#functions/engine/renewLease.ts";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";
import { type MemoryObjects, memoryObjects } from "#local/testing/memoryObjects.ts";
import type { DomainEvent } from "#shared/events/event.ts";
import { type Kinds, kinds } from "#shared/kinds/index.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import type { EngineAddress } from "#shared/platform/config/settings.ts";
import { randomId } from "#shared/platform/ids.ts";
import type { Language } from "#shared/platform/language.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Task, TaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { type Job, jobSchema } from "#shared/queue/jobDocument.ts";
import { paceReader } from "#shared/queue/pace.ts";
import { type SubmitBody, type SubmitDeps, submitJob } from "#shared/queue/submit.ts";
import { type JobView, viewJob } from "#shared/queue/view.ts";
import { resultObject } from "#shared/results/resultObject.ts";
import type { Upload } from "#shared/uploads/uploadDocument.ts";
import type { FetchTaskDeps } from "#shared/uploads/urlUpload.ts";

export const SPACE = "g".repeat(26);
export const USER = "u".repeat(26);
export const ENGINE = "engine@project.iam.gserviceaccount.com";
export const ADDRESS: EngineAddress = { url: "https://engine.example", kinds: ["scene", "avatar"] };

/** Cloud Tasks as far as names go: one that is or was in use is refused. */
export interface RecordedTasks extends TaskQueue {
  /** Waiting tasks by name. */
  readonly waiting: Map<string, Task>;
  readonly usedNames: Set<string>;
  /** Takes a task out to run it; undefined when there is none. */
  take(match: (task: Task) => boolean): Task | undefined;
}

export function recordedTasks(): RecordedTasks {
  const waiting = new Map<string, Task>();
  const usedNames = new Set<string>();
  return {
    waiting,
    usedNames,
    async add(task) {
      const name = task.name ?? randomId();
      if (usedNames.has(name)) return "exists";
      usedNames.add(name);
      waiting.set(name, task);
      return "added";
    },
    async remove(_queue, name) {
      waiting.delete(name);
    },
    take(match) {
      for (const [name, task] of waiting) {
        if (!match(task)) continue;
        waiting.delete(name);
        return task;
      }
      return undefined;
    },
  };
}

export type QueueTestDeps = SubmitDeps & EngineDeps & FetchTaskDeps & { readonly tasks: RecordedTasks };

export interface QueueHarness {
  readonly backend: TestFirestore;
  readonly firestore: Firestore;
  readonly deps: QueueTestDeps;
  readonly uploads: MemoryObjects;
  readonly resources: MemoryObjects;
  readonly published: DomainEvent[];
  /** The clock that all operations read. */
  now: Date;
  pass(seconds: number): void;
  job(id: string): Promise<Job>;
  view(id: string, language?: Language): Promise<JobView>;
  /** An upload's document; received unless said otherwise. */
  upload(overrides?: Partial<Upload>): Promise<string>;
  /** Submits a `scene` whose upload has arrived, unless said otherwise. */
  submit(options?: SubmitOptions): Promise<JobView>;
  lease(options?: LeaseOptions): Promise<LeaseView[]>;
  renew(leaseId: string, renewal?: Partial<Renewal>): ReturnType<typeof renewLease>;
  /** Uploads what a scene needs and completes. */
  complete(leaseId: string): ReturnType<typeof completeJob>;
  giveBack(leaseId: string, how: GivingBack): ReturnType<typeof giveBack>;
}

export interface SubmitOptions {
  readonly spaceId?: string;
  readonly userId?: string;
  readonly key?: string;
  readonly body?: Partial<SubmitBody>;
}

export interface LeaseOptions {
  /** The service account that asks; ENGINE unless it is said. */
  readonly caller?: string;
  readonly engineId?: string;
  readonly kinds?: readonly string[];
  readonly max?: number;
  readonly seconds?: number;
  readonly key?: string;
}

export async function queueHarness(
  options: { kinds?: Kinds; deps?: Partial<QueueTestDeps> } = {},
): Promise<QueueHarness> {
  const backend = await testFirestore();
  const { firestore } = backend;
  const uploads = memoryObjects();
  const resources = memoryObjects();
  const published: DomainEvent[] = [];
  const tasks = recordedTasks();
  const clock = () => harness.now;
  const deps: QueueTestDeps = {
    http: { log: silentLogger, newId: randomId, edge: "none", refuseUndeclaredErrors: true },
    firestore,
    kinds: options.kinds ?? kinds,
    clock,
    log: silentLogger,
    newId: randomId,
    randomBytes,
    random: Math.random,
    tasks,
    fetches: tasks,
    publisher: {
      publish: async (event) => {
        published.push(event);
      },
    },
    engines: [ADDRESS],
    backoffMaxSeconds: undefined,
    jobRetentionDays: 90,
    openJobsPerSpace: 200,
    leaseSeconds: { min: 30, max: 3600 },
    pauseAfter: 10,
    leasesMax: 100,
    pace: paceReader({ firestore, clock, log: silentLogger }),
    eventsOrigin: "https://events.example",
    uploads,
    resources,
    ...options.deps,
  };
  const harness: QueueHarness = {
    backend,
    firestore,
    deps,
    uploads,
    resources,
    published,
    now: new Date("2026-03-01T10:00:00Z"),
    pass(seconds) {
      harness.now = plusSeconds(harness.now, seconds);
    },
    job: async (id) => jobSchema.parse((await firestore.doc(`jobs/${id}`).get()).data()),
    view: async (id, language) => viewJob(id, await harness.job(id), deps, language),
    async upload(overrides = {}) {
      const id = randomId();
      const spaceId = overrides.spaceId ?? SPACE;
      await firestore.doc(`uploads/${id}`).set({
        spaceId,
        createdBy: USER,
        trace: "4bf92f3577b34da6a3ce929d0e0e4736",
        object: `spaces/${spaceId}/uploads/${id}`,
        contentType: "video/mp4",
        size: 1000,
        crc32c: null,
        name: null,
        state: "received",
        reason: null,
        received: { generation: "1", size: 1000, crc32c: "AAAAAA==", contentType: "video/mp4" },
        createdAt: harness.now,
        expiresAt: plusSeconds(harness.now, 7 * 86_400),
        ...overrides,
      } satisfies Upload);
      return id;
    },
    async submit({ spaceId = SPACE, userId = USER, key, body = {} } = {}) {
      const inputs = body.inputs ?? { video: await harness.upload({ spaceId }) };
      const answer = await submitJob(
        {
          spaceId,
          userId,
          route: "POST /v1/jobs",
          key,
          body: { kind: "scene", title: "The sea", params: {}, ...body, inputs },
        },
        deps,
      );
      return JSON.parse(answer.body);
    },
    lease({ caller = ENGINE, engineId = "e1", kinds = ["scene"], max = 1, seconds = 60, key } = {}) {
      return leaseJobs({ caller, key, body: { engineId, kinds, max, leaseSeconds: seconds } }, deps);
    },
    async renew(leaseId, renewal = {}) {
      const lease = await heldLease(leaseId, "renew", firestore);
      return renewLease(lease, { leaseSeconds: 60, ...renewal }, deps);
    },
    async complete(leaseId) {
      const lease = await heldLease(leaseId, "complete", firestore);
      const { jobId, job } = lease;
      if (job.state !== "running") return completeJob(lease, { files: [] }, deps);
      const file = { name: "scene.glb", contentType: "model/gltf-binary", size: 4 };
      await announceOutputs(lease, [file], deps);
      const object = resultObject({ ...job, jobId }, file.name);
      const stored =
        (await resources.look(object)) ?? resources.put(object, Buffer.from("glTF"), file.contentType);
      const announced = await heldLease(leaseId, "complete", firestore);
      return completeJob(announced, { files: [{ name: file.name, crc32c: stored.crc32c }] }, deps);
    },
    async giveBack(leaseId, how) {
      return giveBack(await heldLease(leaseId, how.type, firestore), how, deps);
    },
  };
  return harness;
}
