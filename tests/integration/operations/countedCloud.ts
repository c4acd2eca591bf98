/**
 * All functions in one process, on a real Postgres and the Firestore emulator, with everything counted that would be paid for. The user of
 * it brings events and tasks to the functions, one after the other, so counts are the same each time.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authDeps } from "#functions/auth/deps.ts";
import { authApp } from "#functions/auth/routes.ts";
import { dispatchDeps } from "#functions/dispatch/deps.ts";
import { dispatchApp } from "#functions/dispatch/routes.ts";
import { engineDeps } from "#functions/engine/deps.ts";
import { engineApp } from "#functions/engine/routes.ts";
import { groupsDeps } from "#functions/groups/deps.ts";
import { groupsApp } from "#functions/groups/routes.ts";
import { ingestDeps } from "#functions/ingest/deps.ts";
import { jobsDeps } from "#functions/jobs/deps.ts";
import { jobsApp } from "#functions/jobs/routes.ts";
import { libraryDeps } from "#functions/library/deps.ts";
import { libraryApp } from "#functions/library/routes.ts";
import { createFileSigner } from "#functions/library/signedFiles.ts";
import { notifyDeps } from "#functions/notify/deps.ts";
import { notifyPhones } from "#functions/notify/notifyPhones.ts";
import { repairsOf } from "#functions/sweep/repairs.ts";
import { sweepApp } from "#functions/sweep/routes.ts";
import { syncDeps } from "#functions/sync/deps.ts";
import { uploadsDeps } from "#functions/uploads/deps.ts";
import { uploadsApp } from "#functions/uploads/routes.ts";
import { functionEnvironments } from "#local/cloud/functionSettings.ts";
import { planCloud } from "#local/cloud/plan.ts";
import { loadSecrets } from "#local/cloud/secrets.ts";
import { testDatabase, testFirestore } from "#local/testing/backends.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import { feedRaiser, type RaiseFeeds } from "#shared/changes/raiseFeeds.ts";
import { type DomainEvent, eventSchema } from "#shared/events/event.ts";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { type FunctionName, functions, type Settings } from "#shared/manifest.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { errors } from "#shared/platform/errors.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { HttpDeps } from "#shared/platform/http/httpDeps.ts";
import { type Answer, type Ask, callsOf } from "#shared/platform/http/testing/caller.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { type RecordedTasks, recordedTasks } from "../queue/harness.ts";
import {
  type Counts,
  countDocuments,
  countMessages,
  countStatements,
  difference,
  noCounts,
} from "./counts.ts";

const ENGINE_TOKEN = "engine";
const ENGINE = { email: "engine@example.com", subject: "engine" };

export type CountedCloud = Awaited<ReturnType<typeof countedCloud>>;

/** Call `close` at the end. */
export async function countedCloud() {
  const counts = noCounts();
  const [backend, store] = await Promise.all([testDatabase(), testFirestore()]);
  const messages: DomainEvent[] = [];
  const [documents, pubsub] = await Promise.all([
    countDocuments(store.host, counts),
    countMessages(counts, (data) => messages.push(eventSchema.parse(JSON.parse(data)))),
  ]);
  const dir = mkdtempSync(join(tmpdir(), "reverie-counted-"));
  // Clients look for emulators when they are made, which some are at the first request.
  const before = { ...process.env };
  Object.assign(process.env, {
    FIRESTORE_EMULATOR_HOST: documents.address,
    PUBSUB_EMULATOR_HOST: pubsub.address,
    LOG_LEVEL: "error",
  });
  const made = makeFunctions({ dir, counts, backend, projectId: store.projectId });
  const endCounting = countStatements(counts);
  return {
    ...made,
    counts,
    pool: backend.pool,
    /** Of the owner; not counted. */
    firestore: store.firestore,
    /** Messages that Pub/Sub has, oldest first. */
    messages,
    /** Does something, and says what it took. */
    async counted(work: () => Promise<unknown>): Promise<Counts> {
      const then = { ...counts };
      await work();
      return difference(counts, then);
    },
    async close() {
      endCounting();
      process.env = before;
      await Promise.all(made.databases.map((database) => database.close()));
      await Promise.all([backend.drop(), store.drop(), documents.close(), pubsub.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface Backends {
  readonly dir: string;
  readonly counts: Counts;
  readonly backend: Awaited<ReturnType<typeof testDatabase>>;
  readonly projectId: string;
}

function makeFunctions({ dir, counts, backend, projectId }: Backends) {
  const plan = planCloud({ portBase: 20_000, dataDir: dir, fresh: true, engine: false });
  const names = Object.keys(functions) as FunctionName[]; // the manifest's keys
  const environments = functionEnvironments(plan, loadSecrets(plan.files.keys), backend.url, names);
  const settings = <Name extends FunctionName>(name: Name): Settings<Name> =>
    settingsFor(functions[name].settings, {
      ...environments[name],
      ...{ GOOGLE_CLOUD_PROJECT: projectId, DATABASE_URL: backend.urlOf(name), LOG_LEVEL: "error" },
    });
  const tasks = countedTasks(recordedTasks(), counts);
  const uploads = countedObjects(counts);
  const resources = countedObjects(counts);
  /** Without limits, whose counters are written behind a request, at most once a second for each instance and caller. */
  const http = (of: HttpDeps): HttpDeps => {
    const { limits: _limits, ...rest } = of;
    return { ...rest, log: silentLogger, edge: "none" };
  };
  const firebase = {
    verify: unreached,
    revoke: async () => {},
    remove: async () => {},
    customToken: async () => "token",
  };

  const auth = authDeps(settings("auth"));
  const google = async (idToken: string) => ({
    ...({
      provider: "google",
      subject: idToken,
      email: null,
      emailVerified: false,
      secondHand: false,
    } as const),
    ...{ firebaseUid: null, name: "Jiwoo" },
  });
  const groups = groupsDeps(settings("groups"));
  const library = libraryDeps(settings("library"));
  const jobs = jobsDeps(settings("jobs"));
  const engine = engineDeps(settings("engine"));
  const dispatch = dispatchDeps(settings("dispatch"));
  const sync = syncDeps(settings("sync"));
  const notify = notifyDeps(settings("notify"));
  const uploadsOf = uploadsDeps(settings("uploads"));
  const ingest = ingestDeps(settings("ingest"));
  const sweepDatabase = createDatabase(settings("sweep"), { name: "sweep", max: 4, log: silentLogger });
  const firestore = createRestFirestore({ GOOGLE_CLOUD_PROJECT: projectId });
  const log = silentLogger;
  /** Those whose turn it is; the others' timers would be counted with what comes after. */
  const inTurn =
    (raise: RaiseFeeds): RaiseFeeds =>
    (recorded) =>
      raise(recorded.filter(({ raises }) => raises));
  const queue = { ...engine, tasks, log };

  const apps: Record<string, App> = {
    auth: authApp(() => ({
      ...auth,
      http: http(auth.http),
      verifyGoogle: google,
      firebase: { ...auth.firebase, ...firebase },
    })),
    groups: groupsApp(() => ({
      ...groups,
      http: http(groups.http),
      raiseFeeds: inTurn(groups.raiseFeeds),
      tasks: async () => tasks,
      uploads: async () => uploads,
      resources: async () => resources,
      erasure: async () => ({
        ...groups,
        log,
        firestore: await groups.firestore(),
        uploads,
        resources,
        firebase,
      }),
    })),
    library: libraryApp(() => ({
      ...library,
      http: http(library.http),
      raiseFeeds: inTurn(library.raiseFeeds),
      objects: resources,
      signer: createFileSigner(createReadUrls(resources, library.clock, log), library.clock),
    })),
    uploads: uploadsApp(() => ({ ...uploadsOf, http: http(uploadsOf.http), objects: uploads })),
    jobs: jobsApp(() => ({
      ...jobs,
      http: http(jobs.http),
      tasks,
      inputs: { ...jobs.inputs, fetches: tasks, objects: uploads },
    })),
    engine: engineApp(() => ({
      ...engine,
      http: {
        ...engine.http,
        ...{ log, edge: "none" },
        async verifyServiceToken(token) {
          if (token !== ENGINE_TOKEN) throw errors.tokenInvalid("no such token");
          return ENGINE;
        },
      },
      ...{ tasks, uploads, resources, leaseSeconds: { min: 30, max: 3600 } },
    })),
    dispatch: dispatchApp(() => ({
      ...dispatch,
      http: { ...dispatch.http, log },
      queue: { ...dispatch.queue, tasks },
      ring: { ...dispatch.ring, tasks, bell: { wake: async () => ({ answer: "accepted" }) as const } },
      mail: { ...dispatch.mail, mailer: { send: async () => "sent" as const } },
    })),
    sweep: sweepApp(() => ({
      http: { log, newId: randomId, edge: "none" },
      repairs: repairsOf({
        ...{ db: sweepDatabase, firestore, kinds, log, clock: sync.clock, newId: randomId },
        ...{ tasks, fetches: tasks, uploads, objects: resources, queue, auditRetentionDays: 90 },
        publisher: createPublisher({ GOOGLE_CLOUD_PROJECT: projectId }),
        publish: publishEvents({ db: sweepDatabase, publisher: engine.publisher, clock: sync.clock, log }),
        raiseFeeds: feedRaiser({ db: sweepDatabase, firestore, clock: sync.clock, log }),
        erasure: {
          db: sweepDatabase,
          firestore,
          log,
          clock: sync.clock,
          uploads,
          resources,
          firebase,
        },
      }),
    })),
  };
  const calls = new Map(Object.entries(apps).map(([name, app]) => [name, callsOf(app)]));
  return {
    ...{ tasks, uploads, resources },
    databases: [auth.db, groups.db, library.db, sync.db, notify.db, sweepDatabase],
    /** Asks a function as a phone, an engine, Cloud Tasks or the scheduler would. */
    async ask(name: string, method: string, path: string, asked: Ask = {}): Promise<Answer> {
      counts.invocations += 1;
      const call = calls.get(name);
      if (call === undefined) throw new Error(`there is no function ${name} here`);
      return call(method, path, asked);
    },
    engineToken: ENGINE_TOKEN,
    /** A session of a person, by its access token. */
    async sessionOf(userId: string): Promise<{ id: string; token: string }> {
      const id = randomId();
      await backend.pool.query(
        "INSERT INTO sessions (id, user_id, provider, expires_at) VALUES ($1, $2, 'google', now() + interval '1 year')",
        [id, userId],
      );
      return { id, token: await auth.issueAccessToken({ userId, sessionId: id, role: null }, auth.clock()) };
    },
    /** Brings an event to the function that it is for. */
    events: {
      async uploaded(object: string) {
        counts.invocations += 1;
        await ingestUpload(object, {
          ...ingest,
          log,
          objects: uploads,
          notifyJobs: (uploadId) => applyUpload(uploadId, queue),
        });
      },
      async resultWritten(jobId: string) {
        counts.invocations += 1;
        await syncResult(jobId, { ...sync, log, objects: resources, raiseFeeds: inTurn(sync.raiseFeeds) });
      },
      async published(event: DomainEvent) {
        counts.invocations += 1;
        await notifyPhones(event, {
          ...notify,
          log,
          sender: {
            async send() {
              counts.pushes += 1;
              return "sent";
            },
          },
        });
      },
    },
  };
}

async function unreached(): Promise<never> {
  throw new Error("not asked here");
}

function countedTasks(tasks: RecordedTasks, counts: Counts): RecordedTasks {
  return {
    ...tasks,
    async add(task) {
      counts.tasks += 1;
      return tasks.add(task);
    },
    async remove(queue, name) {
      counts.tasks += 1;
      return tasks.remove(queue, name);
    },
  };
}

/** Objects in memory, whose operations are counted by the class that Cloud Storage has them in: https://cloud.google.com/storage/pricing#operations-by-class */
function countedObjects(counts: Counts) {
  const objects = memoryObjects();
  const sign =
    <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
    (...args: Args) => {
      counts.signatures += 1;
      return work(...args);
    };
  const read =
    <Args extends unknown[], T>(work: (...args: Args) => T) =>
    (...args: Args) => {
      counts.classB += 1;
      return work(...args);
    };
  const write =
    <Args extends unknown[], T>(work: (...args: Args) => T) =>
    (...args: Args) => {
      counts.classA += 1;
      return work(...args);
    };
  return {
    ...objects,
    signCreate: sign(objects.signCreate),
    signResumable: sign(objects.signResumable),
    signRead: sign(objects.signRead),
    look: read(objects.look),
    readStart: read(objects.readStart),
    read: read(objects.read),
    write: write(objects.write),
    list: write(objects.list),
    /** As a phone or an engine does by a signed URL: one operation that writes. */
    arrive(name: string, bytes: Buffer, contentType: string) {
      counts.classA += 1;
      return objects.put(name, bytes, contentType);
    },
  };
}
