/**
 * What Cloud Run may do to an instance without requests: it gets no CPU from the end of its answer on. For tests, which name a function in a
 * file; its process then stops itself as soon as its answer is on the wire, and stays so until it is killed.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * In the functions folder: the name of the function that is frozen after its next answer; no such file, no freezing. Its name begins with a dot,
 * since the functions emulator begins with new processes when another file changes.
 */
export const FREEZE_FILE = ".freeze";
/** Beside it: the id of each process that has stopped itself, a line each. */
export const FROZEN_FILE = ".frozen";

/** What is used of a response. */
interface Response {
  once(event: "finish", listener: () => void): unknown;
}

/** Stops this process once `response` has been sent, if the file names the function now. */
export function freezeAfter(response: Response, dir: string, name: string): void {
  const file = join(dir, FREEZE_FILE);
  if (!existsSync(file) || readFileSync(file, "utf8") !== name) return;
  response.once("finish", () => {
    appendFileSync(join(dir, FROZEN_FILE), `${process.pid}\n`);
    process.kill(process.pid, "SIGSTOP");
  });
}
