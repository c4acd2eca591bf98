/** Where everything of one local cloud is: its ports, its directories, its names. Nothing here starts anything. */
import { join, resolve } from "node:path";
import { accountOf } from "#shared/access/grant.ts";
import type { FunctionName } from "#shared/manifest.ts";
import { bucketName } from "#shared/platform/storage/buckets.ts";
import type { ConsoleConfig } from "#tools/build/consoleConfig.ts";
import { functionNames } from "#tools/build/functions.ts";
import { REGION } from "#tools/build/region.ts";
import { LOOPBACK } from "../processes/ports.ts";

export interface CloudOptions {
  /** The first of a row of ports. */
  readonly portBase: number;
  /** What the cloud keeps, its logs and `endpoints.json` included. */
  readonly dataDir: string;
  /** Forget what an earlier run left in `dataDir`. */
  readonly fresh: boolean;
  /** Whether to start the reference engine. */
  readonly engine: boolean;
}

/** The order gives each its port: the base, and so on upwards. */
const PORT_NAMES = [
  "api",
  "identity",
  "mail",
  "smtp",
  "push",
  "storage",
  "tasks",
  "firestore",
  "auth",
  "pubsub",
  "postgres",
  "engine",
  "hosting",
  "functions",
  "firestoreWebsocket",
  "hub",
  "logging",
  "eventarc",
  "firebaseTasks",
  "events",
] as const;
export type PortName = (typeof PORT_NAMES)[number];

/** How many ports in a row a local cloud takes. After those with a name, each function has two. */
export const PORT_COUNT = PORT_NAMES.length + 2 * functionNames.length;
export const DEFAULT_PORT_BASE = 8700;
const LAST_PORT = 65_535;
/** Beginning with `demo-`, it is never taken for a real project by Google's tools. */
export const PROJECT_ID = "demo-reverie";

/** The service accounts beside those of functions, which `functionAccount` names. */
export const accounts = {
  tasks: accountOf("tasks", PROJECT_ID),
  scheduler: accountOf("scheduler", PROJECT_ID),
  /** May do everything: who works on the cloud with tools of their own, and tests in that part. */
  owner: `owner@${PROJECT_ID}.iam.gserviceaccount.com`,
  engine: `engine@${PROJECT_ID}.iam.gserviceaccount.com`,
  admin: `admin@${PROJECT_ID}.iam.gserviceaccount.com`,
} as const;

/** The account that a function runs as. */
export const functionAccount = (name: FunctionName): string => accountOf(name, PROJECT_ID);

export const buckets = {
  UPLOADS_BUCKET: bucketName(PROJECT_ID, "UPLOADS_BUCKET"),
  RESOURCES_BUCKET: bucketName(PROJECT_ID, "RESOURCES_BUCKET"),
} as const;

/** App links the browser's sign-in may end at, beside the console's. */
export const APP_REDIRECT_URIS = ["reverie://signed-in", "http://127.0.0.1/signed-in"] as const;
/** What Firebase's library asks for; the emulators take any. */
const API_KEY = "local";
/** The phone apps' OAuth client, which ID tokens from `POST {identity}/users` are for; and the web client of the browser's sign-in. */
export const oauthClientIds = { phone: "reverie-phone", web: "reverie-web" } as const;

export interface CloudPlan extends CloudOptions {
  readonly ports: Readonly<Record<PortName, number>>;
  /** Where each function finds its metadata server, and Cloud Tasks, which knows its account by the port. */
  readonly functionPorts: Readonly<
    Record<FunctionName, { readonly metadata: number; readonly tasks: number }>
  >;
  /** Base URLs without a trailing slash. */
  readonly urls: Readonly<
    Record<
      | "api"
      | "identity"
      | "mail"
      | "push"
      | "storage"
      | "engine"
      | "dispatch"
      | "workshop"
      | "outbound"
      | "streams"
      | "sweep"
      | "ingest",
      string
    >
  >;
  readonly dirs: Readonly<
    Record<
      "logs" | "suite" | "postgres" | "storage" | "tasks" | "identity" | "mail" | "engine" | "export",
      string
    >
  >;
  readonly files: Readonly<
    Record<
      "endpoints" | "environments" | "pids" | "run" | "policy" | "keys" | "closed" | "engineKey" | "adminKey",
      string
    >
  >;
}

/** @throws RangeError when the row of ports doesn't fit */
export function planCloud(options: CloudOptions): CloudPlan {
  const { portBase } = options;
  if (!Number.isInteger(portBase) || portBase < 1024 || portBase + PORT_COUNT - 1 > LAST_PORT) {
    throw new RangeError(`--port-base must be a number from 1024 to ${LAST_PORT - PORT_COUNT + 1}`);
  }
  const dataDir = resolve(options.dataDir);
  // Each name of the list gets its port, which is what the record says.
  const ports = Object.fromEntries(PORT_NAMES.map((name, index) => [name, portBase + index])) as Record<
    PortName,
    number
  >;
  const pairs = portBase + PORT_NAMES.length;
  // Each function gets its two ports, which is what the record says.
  const functionPorts = Object.fromEntries(
    functionNames.map((name, index) => [name, { metadata: pairs + 2 * index, tasks: pairs + 2 * index + 1 }]),
  ) as CloudPlan["functionPorts"];
  const url = (name: PortName) => `http://${LOOPBACK}:${ports[name]}`;
  const directly = (name: string) => `${url("functions")}/${PROJECT_ID}/${REGION}/${name}`;
  const inside = (...path: string[]) => join(dataDir, ...path);
  return {
    ...options,
    dataDir,
    ports,
    functionPorts,
    urls: {
      api: url("api"),
      identity: url("identity"),
      mail: url("mail"),
      push: url("push"),
      storage: url("storage"),
      engine: url("engine"),
      dispatch: directly("dispatch"),
      workshop: directly("workshop"),
      outbound: directly("outbound"),
      streams: url("events"),
      sweep: directly("sweep"),
      // The functions emulator numbers the triggers of a reload; the first ones have 0.
      ingest: `${url("functions")}/functions/projects/${PROJECT_ID}/triggers/${REGION}-ingest-0`,
    },
    dirs: {
      logs: inside("logs"),
      suite: inside("firebase"),
      postgres: inside("data", "postgres"),
      storage: inside("data", "storage"),
      tasks: inside("data", "tasks"),
      identity: inside("data", "identity"),
      mail: inside("data", "mail"),
      engine: inside("engine"),
      export: inside("data", "export"),
    },
    files: {
      endpoints: inside("endpoints.json"),
      environments: inside("environments.json"),
      pids: inside("pids.json"),
      run: inside("run.json"),
      policy: inside("policy.json"),
      keys: inside("data", "keys.json"),
      closed: inside("data", "closed"),
      engineKey: inside("engine-key.json"),
      adminKey: inside("admin-key.json"),
    },
  };
}

/** What the console reads about this cloud. */
export function consoleConfig({ urls, ports }: CloudPlan): ConsoleConfig {
  return {
    projectId: PROJECT_ID,
    apiKey: API_KEY,
    eventsOrigin: urls.streams,
    storageOrigin: urls.storage,
    emulators: {
      firestore: `${LOOPBACK}:${ports.firestore}`,
      auth: `http://${LOOPBACK}:${ports.auth}`,
    },
  };
}
