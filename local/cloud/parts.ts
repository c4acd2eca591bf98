/** The processes of a local cloud by name, and what follows when one of them ends by itself. */
import { renameSync, writeFileSync } from "node:fs";
import type { Run, Running } from "../processes/run.ts";
import { recordRun } from "./staleRun.ts";

/**
 * - `restart`: it comes back, as Google's services do.
 * - `stop`: nothing works without it, so the cloud stops.
 * - `tell`: the cloud goes on without it.
 */
export type WhenItEnds = "restart" | "stop" | "tell";

export interface Parts {
  /** Starts a part and watches it from then on. */
  add(start: () => Promise<Running>, whenItEnds: WhenItEnds): Promise<void>;
  /** Settles with a sentence when the cloud can't go on. */
  readonly broken: Promise<string>;
  /** From now on parts end because they are meant to. */
  stopWatching(): void;
}

/** A part that ends by itself more often than this is not started again. */
const RESTARTS = 50;
const START_TRIES = 5;

/**
 * @param files.pids gets `{name: pid}` of what runs, written again at each change
 * @param files.run gets what the next start needs to clean up after a crash
 */
export function superviseParts(
  run: Run,
  files: { readonly pids: string; readonly run: string },
  tell: (line: string) => void,
): Parts {
  const current = new Map<string, Running>();
  const broken = Promise.withResolvers<string>();
  let watching = true;
  let restarts = 0;

  const write = () => {
    const pids = Object.fromEntries([...current].map(([name, { pid }]) => [name, pid]));
    writeWhole(files.pids, `${JSON.stringify(pids, null, 2)}\n`);
    recordRun(files.run, run.id, run.running);
  };

  const add: Parts["add"] = async (start, whenItEnds) => {
    const part = await start();
    current.set(part.name, part);
    write();
    void part.exited.then((how) => ended(part, how, start, whenItEnds));
  };

  const ended = async (part: Running, how: string, start: () => Promise<Running>, whenItEnds: WhenItEnds) => {
    if (!watching) return;
    current.delete(part.name);
    write();
    const what = `${part.name} has ended (${how})`;
    if (whenItEnds === "tell") return tell(`${what}; its log is ${part.log}`);
    if (whenItEnds === "stop" || ++restarts > RESTARTS)
      return broken.resolve(`${what}; its log is ${part.log}`);
    tell(`${what}, starting it again`);
    // What the last one left may be in the way for a moment: its port, PostgreSQL's shared memory.
    for (let tries = 1; watching; tries++) {
      try {
        return await add(start, whenItEnds);
      } catch (error) {
        if (tries >= START_TRIES)
          return broken.resolve(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };

  return {
    add,
    broken: broken.promise,
    stopWatching() {
      watching = false;
    },
  };
}

/** Writes a file so that a reader sees all of it or the one before. */
export function writeWhole(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
