/** Finds Google's Firestore and Pub/Sub emulators on this machine, wherever they are. */
import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Run } from "../processes/run.ts";
import { writeWrapperJar } from "./wrapperJar.ts";

export interface Emulators {
  /** A jar for `java -jar`. */
  readonly firestore: string;
  /** A program. */
  readonly pubsub: string;
  /** Where they were found, for people. */
  readonly source: string;
}

const require = createRequire(import.meta.url);
/** firebase-tools' command-line program. */
const FIREBASE_CLI = require.resolve("firebase-tools/lib/bin/firebase.js");
/** What Node is called with to run firebase-tools; its command follows. */
export const FIREBASE = [...preloaded("./quickStart.ts"), ...preloaded("./redeliverEvents.ts"), FIREBASE_CLI];

function preloaded(file: string): string[] {
  return ["--import", new URL(file, import.meta.url).href];
}

const SDK_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";

/** Where to look. */
export interface Places {
  /** firebase-tools' download cache. */
  readonly cache: string;
  /** Where a Google Cloud SDK may be, the likeliest first. */
  readonly sdks: readonly string[];
}

/**
 * Finds both emulators: in firebase-tools' download cache, else in a Google Cloud SDK, else lets firebase-tools download them.
 * @param dir a directory for the small wrappers that an SDK's copies need
 * @param tell takes one line for people
 * @throws Error with one line that says what to install
 */
export async function locateEmulators(
  run: Run,
  dir: string,
  tell: (line: string) => void = () => {},
  places: Places = usualPlaces(),
): Promise<Emulators> {
  return inCache(places.cache) ?? inSdk(places.sdks, dir) ?? (await download(run, places.cache, tell));
}

function usualPlaces(): Places {
  const cache = process.env.FIREBASE_EMULATORS_PATH ?? join(homedir(), ".cache", "firebase", "emulators");
  return { cache, sdks: sdkRoots() };
}

function inCache(cache: string): Emulators | undefined {
  const details = require("firebase-tools/lib/emulator/downloadableEmulatorInfo.json");
  const firestore = join(cache, details.firestore.downloadPathRelativeToCacheDir);
  const pubsub = join(cache, details.pubsub.binaryPathRelativeToCacheDir);
  if (!existsSync(firestore) || !existsSync(pubsub)) return undefined;
  return { firestore, pubsub, source: cache };
}

function inSdk(roots: readonly string[], dir: string): Emulators | undefined {
  for (const root of roots) {
    const jar = join(root, "platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar");
    const program = join(root, "platform", "pubsub-emulator", "bin", "cloud-pubsub-emulator");
    if (!existsSync(jar) || !existsSync(program)) continue;
    mkdirSync(dir, { recursive: true });
    // The SDK's jar names no main class. And firebase-tools changes the mode of what it is pointed at, which an SDK that
    // belongs to root doesn't allow.
    const firestore = join(dir, "firestore-emulator.jar");
    writeWrapperJar(firestore, SDK_MAIN_CLASS, [pathToFileURL(jar)]);
    const pubsub = join(dir, "pubsub-emulator");
    writeFileSync(pubsub, `#!/bin/sh\nexec '${program.replaceAll("'", `'\\''`)}' "$@"\n`, { mode: 0o755 });
    return { firestore, pubsub, source: root };
  }
  return undefined;
}

/** Where a Google Cloud SDK may be: named by the environment, behind `gcloud` on PATH, or where installers put it. */
function sdkRoots(): string[] {
  const roots: string[] = [];
  const named = process.env.CLOUDSDK_ROOT_DIR;
  if (named) roots.push(named);
  for (const dir of (process.env.PATH ?? "").split(delimiter)) {
    const gcloud = join(dir, "gcloud");
    if (dir !== "" && existsSync(gcloud)) roots.push(dirname(dirname(realpathSync(gcloud))));
  }
  const prefixes = [
    "/usr/lib",
    "/usr/share",
    "/usr/local",
    "/usr/local/share",
    "/usr/local/lib",
    "/opt",
    "/opt/homebrew/share",
    homedir(),
  ];
  roots.push(...prefixes.map((prefix) => join(prefix, "google-cloud-sdk")));
  roots.push(
    "/usr/local/Caskroom/google-cloud-sdk/latest/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
  );
  return [...new Set(roots)];
}

async function download(run: Run, cache: string, tell: (line: string) => void): Promise<Emulators> {
  tell("downloading the Firestore and Pub/Sub emulators, once …");
  for (const name of ["firestore", "pubsub"]) {
    const child = await run.start({
      name: `download-${name}`,
      command: process.execPath,
      args: [FIREBASE_CLI, `setup:emulators:${name}`],
      env: { CI: "true", NO_UPDATE_NOTIFIER: "1", XDG_CONFIG_HOME: run.logs, FIREBASE_EMULATORS_PATH: cache },
      cwd: run.logs,
    });
    if ((await run.waitForEnd(child)) !== "exit code 0") break;
  }
  const found = inCache(cache);
  if (found) return found;
  throw new Error(
    "the Firestore and Pub/Sub emulators are missing and could not be downloaded; while online, run `npx firebase setup:emulators:firestore` " +
      "and `npx firebase setup:emulators:pubsub`, or install the Google Cloud SDK with its cloud-firestore-emulator and pubsub-emulator",
  );
}
