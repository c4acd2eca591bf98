/**
 * Every role that an account of this project has: the one list that Terraform grants from and that the local cloud checks. Each account
 * has what it uses and no more; a test takes each grant out and shows the call that fails then.
 *
 * Data only: nothing here reads the environment or builds a client.
 */
import { type FunctionManifest, type FunctionName, functions, type Invoker } from "../manifest.ts";
import { type SettingName, secretSettings } from "../platform/config/settings.ts";
import { JOB_EVENTS_TOPIC } from "../platform/pubsub/topics.ts";
import type { QueueName } from "../platform/tasks/queues.ts";
import type { BucketSetting, Grant } from "./grant.ts";
import type { Role } from "./roles.ts";

const project = (role: Role, why: string): Grant => ({ role, on: { type: "project" }, why });
const bucket = (role: Role, setting: BucketSetting, why: string, prefix?: string): Grant => ({
  role,
  on: { type: "bucket", setting, ...(prefix === undefined ? {} : { prefix }) },
  why,
});
const views = (setting: BucketSetting, why: string) => bucket("roles/storage.objectViewer", setting, why);
const creates = (setting: BucketSetting, why: string, prefix?: string) =>
  bucket("roles/storage.objectCreator", setting, why, prefix);
const deletes = (setting: BucketSetting, why: string) => bucket("reverie.objectDeleter", setting, why);

const SIGNS: Grant = {
  role: "roles/iam.serviceAccountTokenCreator",
  on: { type: "serviceAccount", account: "self" },
  why: "signs URLs with its own account and without a key (signBlob)",
};
const FIRESTORE = project("roles/datastore.user", "reads and writes Firestore documents");
const SQL = [
  project("roles/cloudsql.client", "opens connections to Cloud SQL"),
  project("roles/cloudsql.instanceUser", "logs in to Postgres with IAM"),
];
const PUBLISHES: Grant = {
  role: "roles/pubsub.publisher",
  on: { type: "topic", topic: JOB_EVENTS_TOPIC },
  why: "publishes events to the topic that notify reads",
};
const ACTS_AS_TASKS: Grant = {
  role: "roles/iam.serviceAccountUser",
  on: { type: "serviceAccount", account: "tasks" },
  why: "creates tasks that call dispatch or outbound with an OIDC token of that account",
};
const FINISHES_RINGS: Grant = {
  role: "roles/cloudtasks.taskDeleter",
  on: { type: "queue", queue: "ring" },
  why: "deletes the task of a round that another has replaced",
};

function enqueues(queue: QueueName, why: string): Grant {
  return { role: "roles/cloudtasks.enqueuer", on: { type: "queue", queue }, why };
}

/** For functions that let jobs enter the line. */
const RINGS = [enqueues("ring", "has engines rung when work waits"), FINISHES_RINGS, ACTS_AS_TASKS];
const SETS_TIMERS = enqueues("timer", "sets timers for the end of leases and back-offs");

/** Payloads of quarantined results that are too large for a document. */
const QUARANTINE = "quarantine/";
const SAMPLES = "spaces/samples/";

/** What each function's account may do, the secrets that it reads left out. */
const granted: Readonly<Record<FunctionName, readonly Grant[]>> = {
  auth: [
    ...SQL,
    FIRESTORE,
    SIGNS,
    project("roles/firebaseauth.admin", "verifies Firebase identities and revocation"),
  ],
  groups: [
    ...SQL,
    FIRESTORE,
    enqueues("mail", "has the codes of invitations mailed"),
    ACTS_AS_TASKS,
    PUBLISHES,
    SIGNS,
    views("UPLOADS_BUCKET", "what the links of an export allow; finds the objects of an erased group"),
    deletes("UPLOADS_BUCKET", "deletes the objects of an erased group"),
    views("RESOURCES_BUCKET", "what the links of an export allow; finds the objects of an erased group"),
    deletes("RESOURCES_BUCKET", "deletes the objects of an erased group"),
    project("roles/firebaseauth.admin", "deletes the Firebase account of an erased person"),
  ],
  uploads: [
    ...SQL,
    FIRESTORE,
    SIGNS,
    creates("UPLOADS_BUCKET", "what its signed URLs allow: creating an upload's object"),
  ],
  streams: [...SQL, FIRESTORE],
  jobs: [
    ...SQL,
    FIRESTORE,
    ...RINGS,
    PUBLISHES,
    enqueues("fetch", "has what the URLs of inputs name fetched"),
    creates("UPLOADS_BUCKET", "writes the content of inputs that came in the request"),
  ],
  library: [
    ...SQL,
    FIRESTORE,
    SIGNS,
    views("RESOURCES_BUCKET", "what its signed URLs allow; finds the objects of a deleted resource"),
    deletes("RESOURCES_BUCKET", "deletes the objects of a deleted resource"),
  ],
  engine: [
    FIRESTORE,
    ...RINGS,
    SETS_TIMERS,
    PUBLISHES,
    SIGNS,
    views("UPLOADS_BUCKET", "what its signed URLs allow: reading the inputs of a job"),
    views("RESOURCES_BUCKET", "looks at the objects that an engine says it has written"),
    creates("RESOURCES_BUCKET", "what its signed URLs allow: creating the objects of a result"),
  ],
  admin: [
    ...SQL,
    FIRESTORE,
    ...RINGS,
    PUBLISHES,
    SIGNS,
    creates("UPLOADS_BUCKET", "what its signed URLs allow: creating the object of a sample's upload"),
    views("RESOURCES_BUCKET", "looks at the objects of results, reads payloads in quarantine"),
    creates("RESOURCES_BUCKET", "keeps payloads too large for a document", QUARANTINE),
    creates("RESOURCES_BUCKET", "what its signed URLs allow: creating the files of a sample", SAMPLES),
    deletes("RESOURCES_BUCKET", "deletes payloads that leave quarantine, and objects of removed results"),
  ],
  dispatch: [...SQL, FIRESTORE, ...RINGS, SETS_TIMERS, PUBLISHES],
  workshop: [
    enqueues("work", "adds the tasks in which it works, since it has no CPU after an answer"),
    { ...ACTS_AS_TASKS, why: "creates tasks that call itself with an OIDC token of that account" },
  ],
  outbound: [FIRESTORE, creates("UPLOADS_BUCKET", "writes what it fetched into the objects of uploads")],
  ingest: [
    FIRESTORE,
    ...RINGS,
    PUBLISHES,
    views("UPLOADS_BUCKET", "looks at what was uploaded and reads its first bytes"),
    deletes("UPLOADS_BUCKET", "deletes what may not stay"),
  ],
  sync: [
    ...SQL,
    FIRESTORE,
    PUBLISHES,
    views("RESOURCES_BUCKET", "looks at the objects of results"),
    creates("RESOURCES_BUCKET", "keeps payloads too large for a document", QUARANTINE),
    deletes("RESOURCES_BUCKET", "deletes payloads that leave quarantine, and objects of removed results"),
  ],
  notify: [...SQL, FIRESTORE, project("roles/firebasecloudmessaging.admin", "sends push messages")],
  sweep: [
    ...SQL,
    FIRESTORE,
    ...RINGS,
    SETS_TIMERS,
    enqueues("mail", "has the codes mailed that a crash left unmailed"),
    enqueues("fetch", "has fetched what a crash left without a task"),
    PUBLISHES,
    views("UPLOADS_BUCKET", "looks at uploads whose event was lost, finds what is past its retention"),
    deletes("UPLOADS_BUCKET", "deletes uploads past their retention"),
    views("RESOURCES_BUCKET", "looks at the objects of results, finds those that no result names"),
    creates("RESOURCES_BUCKET", "keeps payloads too large for a document", QUARANTINE),
    deletes("RESOURCES_BUCKET", "deletes objects that no result names"),
    project("roles/firebaseauth.admin", "finishes an erasure that was interrupted"),
  ],
};

/** A function's whole list: what it may do, and the secrets that its settings name, one by one. */
export function grantsOf(name: FunctionName): readonly Grant[] {
  const settings: readonly SettingName[] = functions[name].settings;
  const secrets = settings.filter((setting) => secretSettings.has(setting));
  return [
    ...granted[name],
    ...callsOf(name),
    ...secrets.map((setting): Grant => {
      return {
        role: "roles/secretmanager.secretAccessor",
        on: { type: "secret", setting },
        why: `reads the setting ${setting} when it starts`,
      };
    }),
  ];
}

/** The private functions that a function calls. */
function callsOf(name: FunctionName): Grant[] {
  const entries: readonly [string, FunctionManifest][] = Object.entries(functions);
  return entries
    .filter(([, { callers }]) => callers?.includes(name))
    .map(([called, entry]) => calls(called, entry));
}

function calls(name: string, { purpose }: Pick<FunctionManifest, "purpose">): Grant {
  return {
    role: "roles/run.invoker",
    on: { type: "service", function: name },
    why: `calls ${name}: ${purpose}`,
  };
}

/** Who calls the private functions, by the manifest's word for it; each is the name of an account. */
type Caller = Exclude<Invoker, "public">;

/** The accounts that no function runs as. */
export const otherAccounts: Readonly<Record<Caller | "migrations", readonly Grant[]>> = {
  /** Tasks carry its OIDC token. */
  tasks: invokes("tasks"),
  /** The schedules' OIDC token. */
  scheduler: invokes("scheduler"),
  /** Eventarc's triggers deliver with its OIDC token. */
  events: [
    ...invokes("events"),
    project("roles/eventarc.eventReceiver", "receives the events of Firestore, Storage and Pub/Sub"),
  ],
  /** Migrates the database before functions are deployed. */
  migrations: SQL,
};

function invokes(caller: Caller): Grant[] {
  return Object.entries(functions)
    .filter(([, { invoker }]) => invoker === caller)
    .map(([name, entry]) => calls(name, entry));
}
