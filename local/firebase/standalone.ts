/** Google's Firestore emulator by itself, for tests of one function that need no more. */
import { LOOPBACK } from "../processes/ports.ts";
import type { Run, Running } from "../processes/run.ts";
import { findJava, JAVA_OPTIONS } from "./java.ts";
import type { Emulators } from "./locate.ts";

/** Starts a Firestore emulator; it serves any project id. */
export async function startFirestore(run: Run, emulators: Emulators, port: number): Promise<Running> {
  const child = await run.start({
    name: "firestore",
    command: await findJava(),
    args: [
      ...JAVA_OPTIONS,
      "-Duser.language=en",
      ...["-jar", emulators.firestore],
      ...["--host", LOOPBACK],
      ...["--port", String(port)],
    ],
  });
  await run.waitUntil(child, () => answers(`http://${LOOPBACK}:${port}/`), 180_000);
  return child;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
