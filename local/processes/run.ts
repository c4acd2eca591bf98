/** Processes that are started together and end together. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endProcesses, killTree, processesOfRun, RUN_MARK, startOf } from "./table.ts";

export interface ProcessSpec {
  /** How the process is called in messages, in its log file's name and in the list of pids. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Ended by SIGKILL, with all its descendants, before the run's others are asked to end. */
  readonly endAbruptly?: boolean;
  /** Run as this account; only root may. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly started: string;
  readonly endAbruptly: boolean;
  /** The file that takes what the process prints. */
  readonly log: string;
  /**
   * Settles when the process has ended, with its exit code or the signal that ended it. Waiting for it keeps no process alive; `waitForEnd`
   * does.
   */
  readonly exited: Promise<string>;
  hasExited(): boolean;
}

export interface Run {
  readonly id: string;
  /** Where logs go. */
  readonly logs: string;
  readonly running: readonly Running[];
  /** Starts a process in a session of its own, so that a terminal's Ctrl-C reaches the run only. */
  start(spec: ProcessSpec): Promise<Running>;
  /** Has this directory removed when the run ends, however it ends. */
  removeAtEnd(dir: string): void;
  /** Waits until `ready` returns true. Throws when the process ends before, or at the deadline, with the end of its log. */
  waitUntil(process: Running, ready: () => Promise<boolean>, deadlineMs: number): Promise<void>;
  /** Waits until a process ends by itself, and says how. */
  waitForEnd(process: Running): Promise<string>;
  /** Ends every process of the run, grandchildren included. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Opens a run with a watchdog, which ends the run's processes also when this process is killed.
 * Neither watchdog nor processes keep this process alive: when it ends by itself they end with it.
 */
export function openRun(options: { logs: string; id?: string }): Run {
  const id = options.id ?? randomUUID();
  mkdirSync(options.logs, { recursive: true });
  const watchdog = spawn(process.execPath, [fileURLToPath(new URL("./watchdog.ts", import.meta.url)), id], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
    env: { PATH: process.env.PATH },
  });
  watchdog.unref();
  letGo(watchdog.stdin);
  watchdog.stdin?.on("error", () => {});
  const tell = (...words: readonly (string | number)[]) => watchdog.stdin?.write(`${words.join("\t")}\n`);

  const running: Running[] = [];
  const dirs: string[] = [];
  let stopping = false;
  return {
    id,
    logs: options.logs,
    running,
    async start(spec) {
      if (stopping) throw new Error(`${spec.name} is not started any more`);
      const child = await startOne(spec, id, options.logs);
      running.push(child);
      tell("pid", child.pid, child.started);
      return child;
    },
    removeAtEnd(dir) {
      dirs.push(dir);
      tell("dir", dir);
    },
    waitUntil,
    waitForEnd,
    async stop(graceMs = 8000) {
      stopping = true;
      const excepted = watchdog.pid === undefined ? [] : [watchdog.pid];
      for (const one of running.filter((child) => child.endAbruptly)) killTree(one);
      await endProcesses(() => processesOfRun(id, running, excepted), graceMs);
      for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
      watchdog.stdin?.end();
    },
  };
}

/** A pipe's stream is a socket, whose type doesn't say so: it must not keep the process alive. */
function letGo(stream: unknown): void {
  if (
    typeof stream === "object" &&
    stream !== null &&
    "unref" in stream &&
    typeof stream.unref === "function"
  )
    stream.unref();
}

async function startOne(spec: ProcessSpec, run: string, logs: string): Promise<Running> {
  const log = join(logs, `${spec.name}.log`);
  const output = openSync(log, "a");
  let child: ChildProcess;
  try {
    child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...spec.env, [RUN_MARK]: run },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...spec.account,
    });
  } finally {
    closeSync(output);
  }
  child.unref();
  let ended = false;
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = true;
      resolve(signal ?? `exit code ${code}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(new Error(`${spec.name} could not be started: ${cause.message}`, { cause })),
    );
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${spec.name} could not be started`);
  // A process that ended at once has no start any more; "gone" matches no other process.
  return {
    name: spec.name,
    pid,
    started: startOf(pid) ?? "gone",
    endAbruptly: spec.endAbruptly ?? false,
    log,
    exited,
    hasExited: () => ended,
  };
}

async function waitUntil(child: Running, ready: () => Promise<boolean>, deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await ready())) {
    if (child.hasExited())
      throw new Error(
        `${child.name} ended before it was ready (${await child.exited})${lastLines(child.log)}`,
      );
    if (Date.now() > deadline)
      throw new Error(`${child.name} was not ready in ${deadlineMs / 1000} s${lastLines(child.log)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function waitForEnd(child: Running): Promise<string> {
  while (!child.hasExited()) await new Promise((resolve) => setTimeout(resolve, 20));
  return child.exited;
}

function lastLines(log: string): string {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-8);
  return `; the end of ${log}:\n  ${lines.join("\n  ")}`;
}
