import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { openRun } from "./run.ts";
import { isRunning, processesOfRun, processTable, startOf } from "./table.ts";

const dir = mkdtempSync(join(tmpdir(), "reverie-run-"));
after(() => rmSync(dir, { recursive: true, force: true }));

/** A process with a grandchild in a session of its own, which its parent's end doesn't reach; it ignores SIGINT, too. */
const FAMILY = `
  const { spawn } = require("node:child_process");
  const { writeFileSync } = require("node:fs");
  const child = spawn(process.execPath, ["-e", "process.on('SIGINT', () => {}); setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  child.once("spawn", () => writeFileSync(process.argv[1], JSON.stringify([process.pid, child.pid])));
  setInterval(() => {}, 1000);
`;

async function family(file: string): Promise<{ pid: number; started: string }[]> {
  await waitFor(() => existsSync(file) && readFileSync(file, "utf8").endsWith("]"));
  const pids: number[] = JSON.parse(readFileSync(file, "utf8"));
  return pids.map((pid) => ({ pid, started: startOf(pid) ?? "" }));
}

test("stopping a run ends its processes and theirs, and leaves a stranger alone", async () => {
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await once(stranger, "spawn");
  const run = openRun({ logs: join(dir, "stopped") });
  const pids = join(dir, "stopped.json");
  await run.start({ name: "family", command: process.execPath, args: ["-e", FAMILY, pids] });
  const members = await family(pids);
  await run.stop(300);
  assert.deepEqual(members.filter(isRunning), []);
  assert.equal(stranger.exitCode, null);
  stranger.kill();
  await assert.rejects(
    run.start({ name: "late", command: process.execPath, args: ["-e", ""] }),
    /late is not started any more/,
  );
});

test("a process that ends abruptly takes its descendants with it at once", async () => {
  const run = openRun({ logs: join(dir, "abrupt") });
  const pids = join(dir, "abrupt.json");
  await run.start({
    name: "family",
    command: process.execPath,
    args: ["-e", FAMILY, pids],
    endAbruptly: true,
  });
  const members = await family(pids);
  // Much longer than the deadline of the wait that follows it: no process is asked to end and waited for.
  await Promise.race([run.stop(600_000), waitFor(() => !members.some(isRunning))]);
  assert.deepEqual(members.filter(isRunning), []);
  await run.stop();
});

test("after a kill of the run's own process the watchdog ends its descendants", async () => {
  const pids = join(dir, "killed.json");
  const scratch = join(dir, "scratch");
  mkdirSync(scratch);
  writeFileSync(join(scratch, "file"), "");
  const owner = startOwner(pids, scratch);
  const members = await family(pids);
  assert.equal(members.every(isRunning), true);
  owner.kill("SIGKILL");
  await waitFor(() => !members.some(isRunning) && !existsSync(scratch));
  assert.deepEqual(readdirSync(dir).includes("scratch"), false);
});

function startOwner(pids: string, scratch: string): ChildProcess {
  const script = `
    import { openRun } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "run.ts")).href)};
    const run = openRun({ logs: ${JSON.stringify(join(dir, "killed"))} });
    run.removeAtEnd(${JSON.stringify(scratch)});
    await run.start({ name: "family", command: process.execPath, args: ["-e", ${JSON.stringify(FAMILY)}, ${JSON.stringify(pids)}] });
    setInterval(() => {}, 1000);
  `;
  return spawn(process.execPath, ["--input-type=module-typescript", "-e", script], { stdio: "inherit" });
}

test("a process that ends before it is ready is reported with the end of its log", async () => {
  const run = openRun({ logs: join(dir, "early") });
  const child = await run.start({
    name: "early",
    command: process.execPath,
    args: ["-e", "console.error('no luck'); process.exit(3)"],
  });
  await assert.rejects(
    run.waitUntil(child, async () => false, 30_000),
    /early ended before it was ready \(exit code 3\)[\s\S]*no luck/,
  );
  await assert.rejects(
    run.start({ name: "absent", command: join(dir, "absent"), args: [] }),
    /absent could not be started/,
  );
  await run.stop();
});

test("a pid that was given to another process since is not taken for the run's", () => {
  const table = [
    { pid: 10_001, parent: 1, started: "5", run: undefined },
    { pid: 10_002, parent: 10_001, started: "6", run: undefined },
    { pid: 10_003, parent: 1, started: "7", run: "mine" },
    { pid: 10_004, parent: 10_003, started: "8", run: undefined },
  ];
  const chosen = (started: string) =>
    processesOfRun("mine", [{ pid: 10_001, started }], [], table).map(({ pid }) => pid);
  assert.deepEqual(chosen("5"), [10_001, 10_002, 10_003, 10_004]);
  assert.deepEqual(chosen("4"), [10_003, 10_004]);
});

test("the table has this process with its parent", () => {
  const own = processTable().find(({ pid }) => pid === process.pid);
  assert.equal(own?.parent, process.ppid);
  assert.equal(own?.started, startOf(process.pid));
});

async function waitFor(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "waited until the deadline");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
