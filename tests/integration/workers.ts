import { execFileSync } from "node:child_process";
import type { TestCloud } from "#local/testing/backends.ts";

/** The pids of the functions emulator's worker processes, the oldest first. */
export function workersOf(cloud: Pick<TestCloud, "pids">): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, command]) => ({
      pid: Number(pid),
      parent: Number(parent),
      command: command ?? "",
    }));
  const below = (pid: number | undefined): typeof rows =>
    rows.filter((row) => row.parent === pid).flatMap((row) => [row, ...below(row.pid)]);
  return below(cloud.pids().firebase)
    .filter((row) => row.command.includes("functionsEmulatorRuntime"))
    .map((row) => row.pid);
}
