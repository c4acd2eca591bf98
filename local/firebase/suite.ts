/** The Firebase emulator suite: auth, functions, firestore, pubsub and hosting from the installed firebase-tools. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LOOPBACK } from "../processes/ports.ts";
import type { Run, Running } from "../processes/run.ts";
import { askEmulator } from "./askEmulator.ts";
import { JAVA_OPTIONS } from "./java.ts";
import { type Emulators, FIREBASE } from "./locate.ts";

export interface SuitePorts {
  readonly hosting: number;
  readonly functions: number;
  readonly firestore: number;
  readonly firestoreWebsocket: number;
  readonly auth: number;
  readonly pubsub: number;
  readonly hub: number;
  readonly logging: number;
  /** firebase-tools starts these two beside functions; nothing here uses them. */
  readonly eventarc: number;
  readonly tasks: number;
}

export interface SuiteOptions {
  readonly projectId: string;
  readonly ports: SuitePorts;
  readonly emulators: Emulators;
  /** The Java to run them with. */
  readonly java: string;
  /** A folder with `firebase.json`'s siblings: functions/, public/, firestore.rules, firestore.indexes.json. */
  readonly dir: string;
  /** An earlier export to begin with. */
  readonly importFrom?: string | undefined;
}

/**
 * Starts the suite as one process of `run`. It keeps its debug logs and its settings in `dir`, asks no one for updates, and reports
 * nothing to anyone.
 */
export async function startSuite(run: Run, options: SuiteOptions): Promise<Running> {
  const home = join(options.dir, "home");
  writeToolSettings(home);
  // Here it keeps the workers' sockets, whose paths must be short, and a file by the project's name, which another cloud's would clash with.
  const temporary = mkdtempSync(join(tmpdir(), "reverie-"));
  run.removeAtEnd(temporary);
  const child = await run.start({
    name: "firebase",
    command: process.execPath,
    args: [
      ...FIREBASE,
      "emulators:start",
      "--project",
      options.projectId,
      "--only",
      "auth,functions,firestore,pubsub,hosting",
      ...(options.importFrom === undefined ? [] : ["--import", options.importFrom]),
    ],
    cwd: options.dir,
    // Asked to end, it waits for running functions, and kills every Pub/Sub emulator of the machine by name when its own is slow.
    endAbruptly: true,
    env: {
      ...environmentOfTool(home, options.java),
      TMPDIR: temporary,
      FIRESTORE_EMULATOR_BINARY_PATH: options.emulators.firestore,
      PUBSUB_EMULATOR_BINARY_PATH: options.emulators.pubsub,
    },
  });
  await run.waitUntil(child, () => isReady(child.log), 300_000);
  return child;
}

/** firebase-tools prints this once all emulators are up and the functions' triggers are registered. */
async function isReady(log: string): Promise<boolean> {
  return (await readFile(log, "utf8")).includes("All emulators ready!");
}

function environmentOfTool(home: string, java: string): Record<string, string | undefined> {
  const path = [
    dirname(process.execPath),
    ...(java === "java" ? [] : [dirname(java)]),
    process.env.PATH ?? "",
  ];
  return {
    PATH: path.join(":"),
    NODE_ENV: "production",
    JAVA_TOOL_OPTIONS: JAVA_OPTIONS.join(" "),
    // Its settings, an account that is signed in there included, stay out of this.
    XDG_CONFIG_HOME: home,
    GOOGLE_APPLICATION_CREDENTIALS: undefined,
    METADATA_SERVER_DETECTION: "none",
    CLOUDSDK_CONFIG: home,
    CI: "true",
    NO_UPDATE_NOTIFIER: "1",
    // It asks npm for the newest firebase-functions, for up to ten seconds where there is no network.
    npm_config_offline: "true",
    npm_config_loglevel: "silent",
    // In seconds. A worker takes a second of CPU time to start; 30 seconds, as without this, are not enough for many at once on a busy machine.
    FUNCTIONS_DISCOVERY_TIMEOUT: "120",
    // An event stream holds one of its 50 places for as long as it is open; how many requests come at a time is the front's to say.
    FUNCTIONS_EMULATOR_PARALLEL: "1000",
  };
}

/** firebase-tools fetches a message of the day unless it has one that is younger than a day. */
function writeToolSettings(home: string): void {
  const dir = join(home, "configstore");
  mkdirSync(dir, { recursive: true });
  const settings = { usage: false, motd: { fetched: Date.now() } };
  writeFileSync(join(dir, "firebase-tools.json"), JSON.stringify(settings), { mode: 0o600 });
}

/** Writes the `firebase.json` of one run: ports and places are its own, the rewrites are the project's. */
export function writeSuiteConfig(
  dir: string,
  ports: SuitePorts,
  hosting: Readonly<Record<string, unknown>>,
): void {
  const at = (port: number) => ({ host: LOOPBACK, port });
  const config = {
    functions: [{ source: "functions", codebase: "default", runtime: "nodejs24" }],
    hosting: { ...hosting, public: "public" },
    firestore: { rules: "firestore.rules", indexes: "firestore.indexes.json" },
    emulators: {
      singleProjectMode: true,
      auth: at(ports.auth),
      functions: at(ports.functions),
      firestore: { ...at(ports.firestore), websocketPort: ports.firestoreWebsocket },
      pubsub: at(ports.pubsub),
      hosting: at(ports.hosting),
      hub: at(ports.hub),
      logging: at(ports.logging),
      eventarc: at(ports.eventarc),
      tasks: at(ports.tasks),
      ui: { enabled: false },
    },
  };
  writeFileSync(join(dir, "firebase.json"), `${JSON.stringify(config, null, 2)}\n`);
}

/** Has the suite write what Firestore and Auth hold into a directory, for a later start to import. */
export async function exportSuite(hubPort: number, directory: string): Promise<void> {
  await askEmulator(
    "an export",
    `http://${LOOPBACK}:${hubPort}/_admin/export`,
    () => ({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ path: directory, initiatedBy: "exit" }),
      signal: AbortSignal.timeout(20_000),
    }),
    3,
  );
}
