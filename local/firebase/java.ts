/** The Java that runs Google's emulators. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * The emulators live for minutes and do little: with the quick compiler alone and the collector for small heaps they take half of the CPU
 * time (11 s instead of 25 s for two test files of the queue).
 */
export const JAVA_OPTIONS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] as const;

/** firebase-tools 14 runs its emulators with this version or a newer one. */
const OLDEST = 17;

/**
 * Finds a Java that is new enough: JAVA_HOME's, else the one on PATH.
 * @returns the program to call
 * @throws Error with one line that says what to install
 */
export async function findJava(): Promise<string> {
  const home = process.env.JAVA_HOME;
  const candidates = [...(home ? [join(home, "bin", "java")] : []), "java"];
  let found: string | undefined;
  for (const java of candidates) {
    const version = await versionOf(java);
    if (version === undefined) continue;
    if (version >= OLDEST) return java;
    found ??= `Java ${version} at ${java} is too old`;
  }
  throw new Error(
    `${found ?? "Java is missing"}: the Firestore and Pub/Sub emulators need Java ${OLDEST} or newer on PATH`,
  );
}

async function versionOf(java: string): Promise<number | undefined> {
  try {
    // -version prints to stderr, as 'openjdk version "17.0.15" …'; before Java 9 as "1.8.0".
    const { stderr, stdout } = await promisify(execFile)(java, ["-version"]);
    const match = /version "(?:1\.)?(\d+)/.exec(stderr + stdout);
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}
