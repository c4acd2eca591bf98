/**
 * Ends what a run leaves behind when its own process dies without a chance to clean up (SIGKILL, a crash of Node).
 *
 * Holds the reading end of a pipe whose other end only the run's process has. Each line on it is an order: `pid <pid> <started>`
 * names a process of the run, `dir <path>` a directory to remove in the end, `bye` says that the run has ended everything itself. When the
 * pipe closes, by `bye` or by death, what is named and still there is ended and removed.
 */
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { endProcesses, processesOfRun } from "./table.ts";

const GRACE_MS = 3000;

const run = process.argv[2];
if (run === undefined) throw new Error("expected the run's id");

// A terminal's Ctrl-C and a session's end are for the run, which tells us by closing the pipe.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});

const roots: { pid: number; started: string }[] = [];
const dirs: string[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  const [order, first = "", second = ""] = line.split("\t");
  if (order === "pid") roots.push({ pid: Number(first), started: second });
  if (order === "dir") dirs.push(first);
}
await endProcesses(() => processesOfRun(run, roots), GRACE_MS);
for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
