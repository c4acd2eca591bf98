/**
 * The one list of deployed functions. The emulator's `functions.yaml`, Terraform's input and the one-origin rewrites in
 * `firebase.json` are made from this list or checked against it, so a function can't exist in one place only.
 *
 * What each function's account may do is in `access/grants.ts`.
 *
 * Data only: nothing here reads the environment or builds a client, and tools import it without side effects.
 */
import type { SettingName, SettingsOf } from "./platform/config/settings.ts";
import { JOB_EVENTS_TOPIC } from "./platform/pubsub/topics.ts";

/**
 * Who may call a function at the network's edge.
 * - `public`: anyone (`allUsers`); the function authenticates callers itself. The one origin can't authenticate to a private
 *   service, so everything behind a rewrite is public here, `engine` and `admin` included.
 * - `tasks`, `scheduler`, `events`: private in IAM; only that service's account may invoke it, and there is no rewrite.
 */
export type Invoker = "public" | "tasks" | "scheduler" | "events";

export type Trigger =
  /** `paths` are the one-origin rewrites that lead here, in Firebase Hosting's glob form. */
  | { readonly type: "http"; readonly paths: readonly string[] }
  /** `bucket` is the setting that names the bucket. */
  | ({ readonly type: "storage"; readonly bucket: SettingName } & EventTrigger)
  | ({ readonly type: "firestore"; readonly document: string } & EventTrigger)
  | ({ readonly type: "pubsub"; readonly topic: string } & EventTrigger);

interface EventTrigger {
  /** Whether a thrown error has the event delivered again. */
  readonly retry: boolean;
}

/** A job of Cloud Scheduler: a POST with an empty body and an ID token whose audience is the function's own address. */
export interface Schedule {
  /** Of the job in Cloud Scheduler. */
  readonly name: string;
  /** In the form of unix-cron: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  readonly timeZone: "Etc/UTC";
  /** Of the function's route. */
  readonly path: string;
  /** How long Cloud Scheduler waits for the answer: 15 seconds to 30 minutes. */
  readonly attemptDeadlineSeconds: number;
  readonly purpose: string;
}

export interface FunctionManifest {
  readonly trigger: Trigger;
  readonly invoker: Invoker;
  /** Functions whose accounts may call it too. Such a call comes over the internet, where IAM alone stands before the function. */
  readonly callers?: readonly string[];
  /** One sentence: what the function is for. */
  readonly purpose: string;
  /** When Cloud Scheduler calls it. */
  readonly schedules?: Readonly<Record<string, Schedule>>;
  /** Every setting the function reads; `settingsFor` hands out these and no others. */
  readonly settings: readonly SettingName[];
  readonly memoryMiB: number;
  /** Processors. Cloud Run asks for a whole one where an instance serves more than one request at once. */
  readonly cpu: number;
  readonly timeoutSeconds: number;
  /** Requests one instance serves at once. */
  readonly concurrency: number;
  readonly maxInstances: number;
  /** SQL connections of one instance; 0 for a function that never talks to Postgres. */
  readonly sqlPool: number;
}

/**
 * The connections of Postgres, and who has them. A request needs one at a time: nothing outside SQL is waited for inside a transaction.
 */
export const DATABASE = {
  /** With 6 GB of memory or more Cloud SQL gives this many by itself: https://cloud.google.com/sql/docs/postgres/flags */
  maxConnections: 200,
  /** What functions can't have, by who has it: Postgres' reserve for superusers, Cloud SQL's own agents, migrations, people and `doctor`. */
  kept: { superusers: 3, cloudSql: 6, migrations: 1, people: 10 },
  /**
   * Cloud Run counts instances by revision. While one revision replaces another, both may have all theirs, until the requests of the
   * old one have ended; a deployment doesn't begin before that.
   */
  revisions: 2,
} as const;

/** Connections that all instances of one revision of each function may have together. */
export function connectionsForFunctions(): number {
  const kept = Object.values(DATABASE.kept).reduce((sum, count) => sum + count, 0);
  return Math.floor((DATABASE.maxConnections - kept) / DATABASE.revisions);
}

/**
 * Memory of an instance: by measurement (`npm run bench -- memory`), with room for what a measurement leaves out. Files count as memory on Cloud Run;
 * the only ones that a function's process writes are V8's compiled code, when it ends.
 */
export const MEMORY = {
  /** The least that the second generation of Cloud Run accepts: https://cloud.google.com/run/docs/configuring/services/memory-limits */
  leastMiB: 512,
  /** An instance has at least this many times the peak that was measured. */
  headroom: 1.6,
} as const;

/**
 * What Node is started with (NODE_OPTIONS). The heap may take half of the instance's memory. New objects have 2 MiB in place of 16: nearly all are
 * dead when a request ends, so collecting them more often costs no CPU time that was found, and an instance keeps 100 MiB less after load.
 */
export function nodeOptions(memoryMiB: number): string {
  return `--max-semi-space-size=2 --max-old-space-size=${memoryMiB / 2}`;
}

/** What an entry has unless it says otherwise. The memory is the least there is; functions whose measured peak needs more say so. */
const DEFAULTS = { memoryMiB: MEMORY.leastMiB, cpu: 1, timeoutSeconds: 60, concurrency: 80 };

const COMMON = ["GOOGLE_CLOUD_PROJECT", "LOG_LEVEL"] as const satisfies readonly SettingName[];
const SQL = [
  "DATABASE_URL",
  "DATABASE_IAM",
  "DATABASE_CA",
  "DATABASE_POOL_MAX",
] as const satisfies readonly SettingName[];
const PHONES = [
  "PUBLIC_ORIGIN",
  "TOKEN_PUBLIC_KEYS",
  "ALLOWED_ORIGINS",
  "RATE_PER_ACCOUNT",
  "RATE_PER_ADDRESS",
  "EDGE",
] as const satisfies readonly SettingName[];
const SIGNING = ["SIGNING_ENDPOINT"] as const satisfies readonly SettingName[];
const ADDS_TASKS = [
  "TASKS_LOCATION",
  "TASKS_ENDPOINT",
  "TASKS_SERVICE_ACCOUNT",
] as const satisfies readonly SettingName[];
const TASKS = [...ADDS_TASKS, "DISPATCH_URL"] as const satisfies readonly SettingName[];
const GOOGLE = ["GOOGLE_ISSUER", "GOOGLE_JWKS_URL"] as const satisfies readonly SettingName[];
const SERVICES = [...GOOGLE, "PUBLIC_ORIGIN", "EDGE"] as const satisfies readonly SettingName[];
/** For functions that change jobs: a failed attempt may back off, a job that ends is kept, and one that waits may have an engine rung. */
const QUEUE = [
  ...TASKS,
  "ENGINES",
  "WORKSHOP_URL",
  "RETRY_BACKOFF_MAX_SECONDS",
  "JOB_RETENTION_DAYS",
] as const satisfies readonly SettingName[];
/** For functions that answer jobs. */
const JOB_VIEW = ["EVENTS_ORIGIN"] as const satisfies readonly SettingName[];
const BUCKETS = ["UPLOADS_BUCKET", "RESOURCES_BUCKET"] as const satisfies readonly SettingName[];

export const functions = {
  auth: {
    ...DEFAULTS,
    trigger: { type: "http", paths: ["/v1/auth/**"] },
    invoker: "public",
    purpose: "Sign-in, single-use refresh tokens, sessions, public keys, Firestore listener tokens.",
    settings: [
      ...COMMON,
      ...SQL,
      ...PHONES,
      ...GOOGLE,
      "TOKEN_SIGNING_KEYS",
      "REFRESH_TOKEN_KEY",
      "GOOGLE_CLIENT_IDS",
      "GOOGLE_OAUTH_CLIENT_ID",
      "GOOGLE_OAUTH_CLIENT_SECRET",
      "GOOGLE_AUTHORIZE_URL",
      "GOOGLE_TOKEN_URL",
      "APP_REDIRECT_URIS",
      "RATE_SIGN_IN",
      "RATE_SIGN_IN_PER_ACCOUNT",
      "RATE_REFRESH",
      "RATE_REFRESH_PER_ACCOUNT",
    ],
    maxInstances: 6,
    sqlPool: 2,
  },
  groups: {
    ...DEFAULTS,
    trigger: {
      type: "http",
      paths: [
        "/v1/me",
        "/v1/me/**",
        "/v1/invitations",
        "/v1/invitations/**",
        "/v1/group",
        "/v1/group/**",
        "/v1/spaces",
        "/v1/spaces/*",
        "/v1/devices/**",
        "/v1/badges",
      ],
    },
    invoker: "public",
    purpose: "Profile, spaces, invitations, care groups, devices, badges, erasure and export.",
    settings: [
      ...COMMON,
      ...SQL,
      ...PHONES,
      ...TASKS,
      ...SIGNING,
      ...BUCKETS,
      "CODE_KEY",
      "RATE_CONFIRM",
      "RATE_EXPORT",
      "INVITATIONS_PER_GIVER",
      "INVITATIONS_PER_PAIR",
      "CODE_TRIES_PER_GIVER",
      "CODE_TRIES_PER_PAIR",
    ],
    timeoutSeconds: 120,
    maxInstances: 6,
    sqlPool: 2,
  },
  uploads: {
    ...DEFAULTS,
    trigger: { type: "http", paths: ["/v1/uploads", "/v1/uploads/**"] },
    invoker: "public",
    purpose: "Upload-URL signing and upload state.",
    settings: [
      ...COMMON,
      ...SQL,
      ...PHONES,
      ...SIGNING,
      "UPLOADS_BUCKET",
      "UPLOAD_RETENTION_DAYS",
      "UPLOAD_GIB_PER_SPACE",
    ],
    maxInstances: 6,
    sqlPool: 1,
  },
  streams: {
    ...DEFAULTS,
    // Before `jobs`, whose path has all below it.
    trigger: { type: "http", paths: ["/v1/jobs/*/events", "/v1/spaces/*/events"] },
    invoker: "public",
    purpose:
      "Event streams: the changes of a job or a space as server-sent events, apart from the requests of jobs.",
    settings: [...COMMON, ...SQL, ...PHONES, ...JOB_VIEW, "STREAMS_PER_ACCOUNT", "STREAMS_PER_INSTANCE"],
    // More than the streams of an instance (STREAMS_PER_INSTANCE, 250), so that a refusal is answered at once. Cloud Run starts another
    // instance when the average is above 60 % of this, 180, so before one has to refuse; four have room for 1,000 streams:
    // https://cloud.google.com/run/docs/about-instance-autoscaling
    concurrency: 300,
    maxInstances: 4,
    sqlPool: 1,
  },
  jobs: {
    ...DEFAULTS,
    trigger: { type: "http", paths: ["/v1/jobs", "/v1/jobs/**", "/v1/status"] },
    invoker: "public",
    purpose: "Submit, list, cancel and retry jobs; the line's public status.",
    settings: [
      ...COMMON,
      ...SQL,
      ...PHONES,
      ...QUEUE,
      ...JOB_VIEW,
      "OPEN_JOBS_PER_SPACE",
      "OUTBOUND_URL",
      "INPUT_KEY",
      "UPLOADS_BUCKET",
      "UPLOAD_RETENTION_DAYS",
      "UPLOAD_GIB_PER_SPACE",
    ],
    maxInstances: 10,
    sqlPool: 1,
  },
  library: {
    ...DEFAULTS,
    trigger: {
      type: "http",
      paths: [
        "/v1/resources",
        "/v1/resources/**",
        "/v1/vr-videos",
        "/v1/vr-videos/**",
        "/v1/spaces/*/changes",
        "/v1/game-sessions",
        "/v1/progress",
      ],
    },
    invoker: "public",
    purpose:
      "Resources, VR videos and samples, served by short-lived signed URLs; what changed in a space; sessions of games and progress.",
    settings: [...COMMON, ...SQL, ...PHONES, ...SIGNING, "RESOURCES_BUCKET"],
    maxInstances: 8,
    sqlPool: 2,
  },
  engine: {
    ...DEFAULTS,
    trigger: { type: "http", paths: ["/v1/engine/**"] },
    invoker: "public",
    purpose: "What an engine calls: lease, renew, outputs, complete, fail, release.",
    settings: [
      ...COMMON,
      ...SERVICES,
      ...QUEUE,
      ...SIGNING,
      ...BUCKETS,
      "ENGINE_CALLERS",
      "LEASE_SECONDS_MIN",
      "LEASE_SECONDS_MAX",
      "ENGINE_PAUSE_AFTER",
      "ENGINE_LEASES_MAX",
    ],
    concurrency: 40,
    maxInstances: 10,
    sqlPool: 0,
  },
  admin: {
    ...DEFAULTS,
    trigger: { type: "http", paths: ["/v1/admin/**"] },
    invoker: "public",
    purpose: "What an administrator calls: samples, quarantine and replay, dead letters, reconciliation.",
    settings: [
      ...COMMON,
      ...SQL,
      ...SERVICES,
      ...QUEUE,
      ...SIGNING,
      ...BUCKETS,
      ...JOB_VIEW,
      "ADMIN_CALLERS",
      "UPLOAD_RETENTION_DAYS",
    ],
    timeoutSeconds: 540,
    concurrency: 10,
    maxInstances: 2,
    sqlPool: 2,
  },
  dispatch: {
    ...DEFAULTS,
    trigger: { type: "http", paths: [] },
    invoker: "tasks",
    purpose: "What Cloud Tasks calls: ring an engine, end a lease, send a mail.",
    settings: [
      ...COMMON,
      ...SQL,
      ...QUEUE,
      "CODE_KEY",
      "SMTP_URL",
      "SMTP_PLAIN",
      "MAIL_FROM",
      "INVITATIONS_PER_RECIPIENT",
    ],
    timeoutSeconds: 120,
    concurrency: 40,
    maxInstances: 4,
    sqlPool: 1,
  },
  workshop: {
    ...DEFAULTS,
    trigger: { type: "http", paths: [] },
    invoker: "tasks",
    callers: ["dispatch"],
    purpose: "An engine that is a function: does the work of kinds that need a CPU for some seconds.",
    settings: [...COMMON, ...ADDS_TASKS, "PUBLIC_ORIGIN", "WORKSHOP_URL", "WORKSHOP_TASKS"],
    // A task works for up to 8 minutes; Cloud Tasks waits for 10.
    timeoutSeconds: 540,
    // One job at a time, since each takes a whole processor and memory for its samples.
    concurrency: 1,
    memoryMiB: 1024,
    maxInstances: 16,
    sqlPool: 0,
  },
  outbound: {
    ...DEFAULTS,
    trigger: { type: "http", paths: [] },
    invoker: "tasks",
    purpose:
      "Fetches what the URLs of inputs name: the one function that speaks to addresses that people gave.",
    settings: [...COMMON, "UPLOADS_BUCKET"],
    timeoutSeconds: 1800,
    // A fetch mostly waits. Together these are the places of the queue `fetch`, which has no more tasks under way than there are.
    concurrency: 10,
    maxInstances: 4,
    sqlPool: 0,
  },
  ingest: {
    ...DEFAULTS,
    trigger: { type: "storage", bucket: "UPLOADS_BUCKET", retry: true },
    invoker: "events",
    purpose: "Looks at what was really uploaded and lets the jobs that wait for it enter the line.",
    settings: [...COMMON, ...QUEUE, "UPLOADS_BUCKET"],
    timeoutSeconds: 120,
    concurrency: 20,
    maxInstances: 6,
    sqlPool: 0,
  },
  sync: {
    ...DEFAULTS,
    trigger: { type: "firestore", document: "results/{jobId}", retry: true },
    invoker: "events",
    purpose: "Brings results/{jobId} from Firestore into Cloud SQL.",
    settings: [...COMMON, ...SQL, "RESOURCES_BUCKET"],
    timeoutSeconds: 120,
    concurrency: 10,
    maxInstances: 6,
    sqlPool: 2,
  },
  notify: {
    ...DEFAULTS,
    trigger: { type: "pubsub", topic: JOB_EVENTS_TOPIC, retry: true },
    invoker: "events",
    purpose: "Notifies the phones of a group of what happened.",
    settings: [...COMMON, ...SQL, "PUSH_ENDPOINT"],
    timeoutSeconds: 120,
    concurrency: 10,
    maxInstances: 4,
    sqlPool: 1,
  },
  sweep: {
    ...DEFAULTS,
    trigger: { type: "http", paths: [] },
    invoker: "scheduler",
    purpose: "Repairs what a crash left, applies retention, compares both stores.",
    schedules: {
      urgent: {
        name: "sweep-urgent",
        cron: "* * * * *",
        timeZone: "Etc/UTC",
        path: "/urgent",
        attemptDeadlineSeconds: 60,
        purpose: "repairs that people wait for",
      },
      slow: {
        name: "sweep-slow",
        cron: "*/15 * * * *",
        timeZone: "Etc/UTC",
        path: "/slow",
        attemptDeadlineSeconds: 540,
        purpose: "retention, and walks over all documents and objects",
      },
    },
    settings: [...COMMON, ...SQL, ...QUEUE, ...BUCKETS, "OUTBOUND_URL", "AUDIT_RETENTION_DAYS"],
    timeoutSeconds: 540,
    // An instance for each run, so that a slow one takes neither the place nor the CPU of an urgent one; the third is for a run that hangs.
    concurrency: 1,
    maxInstances: 3,
    sqlPool: 2,
  },
} as const satisfies Record<string, FunctionManifest>;

export type FunctionName = keyof typeof functions;
/** The schedules of `sweep`. */
export type ScheduleName = keyof typeof functions.sweep.schedules;

/** The settings of the function `Name`: those its entry lists. */
export type Settings<Name extends FunctionName> = SettingsOf<(typeof functions)[Name]["settings"][number]>;
