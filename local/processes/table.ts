/** Which processes run on this machine, and which of them belong to one run of the local cloud. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Every process of a run inherits this environment variable, so that it is found again even when its parent is gone. */
export const RUN_MARK = "REVERIE_RUN";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** When the process started, in the system's own notation: with the pid it names one process for good. */
  readonly started: string;
  /** The run it was started by, as far as the system lets its environment be read. */
  readonly run: string | undefined;
}

/** Lists the processes that run now; zombies are left out. */
export function processTable(): ProcessEntry[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

function fromProc(): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const entry = readProc(Number(name));
    if (entry) entries.push(entry);
  }
  return entries;
}

/** Reads proc_pid_stat(5): the command's name is in brackets and may hold anything, so fields are counted after the last one. */
function readProc(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, parent] = fields;
    const started = fields[19];
    if (state === "Z" || parent === undefined || started === undefined) return undefined;
    return { pid, parent: Number(parent), started, run: readMark(pid) };
  } catch {
    return undefined; // ended while it was read
  }
}

function readMark(pid: number): string | undefined {
  try {
    return markIn(readFileSync(`/proc/${pid}/environ`, "latin1").split("\0"));
  } catch {
    return undefined; // another user's process
  }
}

function fromPs(): ProcessEntry[] {
  const text = execFileSync("ps", ["-A", "-E", "-ww", "-o", "pid=,ppid=,stat=,lstart=,command="], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const entries: ProcessEntry[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s(.*)$/.exec(line);
    if (!match) continue;
    const [, pid, parent, state = "", started = "", command = ""] = match;
    if (state.startsWith("Z")) continue;
    entries.push({ pid: Number(pid), parent: Number(parent), started, run: markIn(command.split(" ")) });
  }
  return entries;
}

function markIn(words: readonly string[]): string | undefined {
  const prefix = `${RUN_MARK}=`;
  return words.find((word) => word.startsWith(prefix))?.slice(prefix.length);
}

/**
 * Picks what belongs to a run: the processes it started, all their descendants, and each process that carries its mark. The caller itself
 * is left out, and so are the processes named in `except`.
 * @param roots what the run started; a pid that was given to another process since is known by its start
 */
export function processesOfRun(
  run: string,
  roots: readonly { pid: number; started: string }[],
  except: readonly number[] = [],
  table: readonly ProcessEntry[] = processTable(),
): ProcessEntry[] {
  const excepted = new Set([process.pid, ...except]);
  const chosen = new Set<number>();
  for (const entry of table) {
    const isRoot = roots.some((root) => root.pid === entry.pid && root.started === entry.started);
    if (isRoot || entry.run === run) chosen.add(entry.pid);
  }
  for (const pid of excepted) chosen.delete(pid);
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of table) {
      if (chosen.has(entry.pid) || excepted.has(entry.pid) || !chosen.has(entry.parent)) continue;
      chosen.add(entry.pid);
      grown = true;
    }
  }
  return table.filter((entry) => chosen.has(entry.pid));
}

/** Whether exactly this process still runs. */
export function isRunning(entry: { pid: number; started: string }): boolean {
  return startOf(entry.pid) === entry.started;
}

/** When the process with this pid started, or undefined if there is none. */
export function startOf(pid: number): string | undefined {
  if (process.platform === "linux") return readProc(pid)?.started;
  return processTable().find((entry) => entry.pid === pid)?.started;
}

/**
 * Ends processes: asks with SIGINT (a fast but clean end for PostgreSQL, the emulators and Node), and after `graceMs` kills what
 * is left. Returns when none of them runs any more.
 */
export async function endProcesses(find: () => readonly ProcessEntry[], graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  const asked = new Set<number>();
  for (;;) {
    const left = find();
    if (left.length === 0) return;
    const late = Date.now() > deadline;
    for (const { pid } of left) {
      if (!late && asked.has(pid)) continue;
      asked.add(pid);
      signal(pid, late ? "SIGKILL" : "SIGINT");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Kills a process and all its descendants at once. */
export function killTree(root: { pid: number; started: string }): void {
  // No process carries the mark "", so these are the root and its descendants.
  for (const { pid } of processesOfRun("", [root])) signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}
