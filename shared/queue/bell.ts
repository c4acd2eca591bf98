/**
 * Rings: requests that let engines know that work waits. One bell per kind and engine address, with at most one waiting task, however many jobs
 * enter the line.
 *
 * No wake-up is lost. A job is committed before its bell is read, and the ring's task writes `idle` before it looks at the line for
 * the last time. So a writer that reads `ringing` was committed before that last look, which finds the job; one that reads `idle` begins a
 * round. What a crash prevents between document and task is repeated by the next job that enters, or by `recoverLostRings`.
 */
import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "../platform/clock.ts";
import type { EngineAddress } from "../platform/config/settings.ts";
import { retryConflicts, writeIfUnchanged } from "../platform/firestore/retryConflicts.ts";
import type { Logger } from "../platform/log/logger.ts";
import type { Task, TaskQueue } from "../platform/tasks/taskQueue.ts";
import { addressId, type Bell, bellsOf } from "./bellDocument.ts";
import { queryOf, shapes } from "./queries.ts";

export interface BellDeps {
  readonly firestore: Firestore;
  readonly tasks: TaskQueue;
  /** The setting ENGINES. */
  readonly engines: readonly EngineAddress[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Rings every engine address that takes this kind. */
export async function ringFor(kind: string, deps: BellDeps): Promise<void> {
  const addresses = deps.engines.filter((engine) => engine.kinds.includes(kind));
  await Promise.all(addresses.map((address) => ring(kind, addressId(address), deps)));
}

/**
 * Makes sure that a task is going to ring this address now.
 * @param options.again begin a new round even if one seems to be on, because its task was lost
 */
export async function ring(
  kind: string,
  address: string,
  deps: BellDeps,
  options: { again?: boolean } = {},
): Promise<void> {
  const { round, replaced } = await retryConflicts(() =>
    beginRound(kind, address, deps, options.again ?? false),
  );
  await deps.tasks.add(ringTask(kind, address, round));
  if (replaced !== undefined) await removeTask(kind, address, replaced, deps);
}

/**
 * Takes out the task of a round that another has replaced, which saves one call: left where it is, it finds that its round is over.
 * So nothing depends on it, and an account that may only add tasks is enough to ring.
 */
async function removeTask(kind: string, address: string, round: number, deps: BellDeps): Promise<void> {
  try {
    await deps.tasks.remove("ring", ringTask(kind, address, round).name);
  } catch (error) {
    deps.log.warn("ring_task_not_removed", { kind, address, error });
  }
}

/** The round that is on, or a new one. Many jobs at once find the first one's round and write nothing. */
async function beginRound(
  kind: string,
  address: string,
  deps: BellDeps,
  again: boolean,
): Promise<{ round: number; replaced?: number }> {
  const snapshot = await bellDocument(kind, address, deps.firestore).get();
  const bell = snapshot.data();
  if (bell?.state === "ringing" && !again) return { round: bell.round };
  const now = deps.clock();
  const next: Bell = {
    // A bell that is made again after its document was lost must not use task names again: it begins with the time.
    round: (bell?.round ?? Math.floor(now.getTime() / 1000)) + 1,
    state: "ringing",
    dueAt: now,
    // What was pulled before this says nothing about the work that has come since.
    rungAt: null,
    ignored: bell?.state === "checking" ? bell.ignored : 0,
  };
  await writeIfUnchanged(snapshot, next);
  return { round: next.round, ...(bell && bell.state !== "idle" ? { replaced: bell.round } : {}) };
}

/** The task of one round. */
export function ringTask(kind: string, address: string, round: number, at?: Date): Task & { name: string } {
  return {
    queue: "ring",
    name: `ring-${kind}-${address}-${round}`,
    path: "/ring",
    body: { kind, address, round },
    ...(at === undefined ? {} : { at }),
  };
}

export function bellDocument(kind: string, address: string, firestore: Firestore) {
  return bellsOf(firestore).doc(`${kind}_${address}`);
}

/** Whether a job of this kind may be leased now. */
export async function workWaits(kind: string, firestore: Firestore): Promise<boolean> {
  const found = await queryOf(firestore, shapes.line, kind, true).select().limit(1).get();
  return !found.empty;
}
