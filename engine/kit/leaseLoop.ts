import { setTimeout as sleep } from "node:timers/promises";
import type { Lease } from "./client.ts";
import { type FullLeaseOptions, requestLeases } from "./leaseOptions.ts";
import { type LeaseEnd, workOnLease } from "./leaseWork.ts";

export interface LoopOptions extends FullLeaseOptions {
  /** How often to ask without having been rung, in seconds: for a ring that was lost. */
  readonly pollSeconds: number;
  /** End by itself after this long without work, as an engine that scales to zero does. Never when undefined. */
  readonly idleExitSeconds: number | undefined;
}

/** How long giving leases back may take when the loop stops. */
const STOP_SECONDS = 8;

/** Asks for work while there is room for it: at the start, after each ring, after each lease, and at each poll. */
export class LeaseLoop {
  /** Settles when the loop has ended, by `stop` or because it was idle. */
  readonly ended: Promise<void>;
  readonly #options: LoopOptions;
  readonly #stopping = new AbortController();
  readonly #working = new Set<Promise<LeaseEnd>>();
  #wanted = true;
  #pulling: Promise<void> | undefined;
  #poll: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #end: () => void = () => {};

  constructor(options: LoopOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Leases being worked on. */
  get working(): number {
    return this.#working.size;
  }

  start(): void {
    this.#poll = setInterval(() => this.ring(), this.#options.pollSeconds * 1000);
    this.ring();
  }

  /** Makes the loop ask for work; `busy` when no more fits, `stopping` when it is about to end. */
  ring(): "pulling" | "busy" | "stopping" {
    if (this.#stopping.signal.aborted) return "stopping";
    if (this.working >= this.#options.max) return "busy";
    this.#wanted = true;
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = undefined;
      // A ring that came after the last request.
      if (this.#wanted) this.ring();
      this.#watchIdleness();
    });
    return "pulling";
  }

  /** Gives all leases back. May be called twice; `ended` resolves when it is done. */
  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#options.log.info("engine_stopping", { working: this.working });
    clearInterval(this.#poll);
    clearTimeout(this.#idle);
    this.#stopping.abort(new Error("the engine is stopping"));
    void this.#finish();
  }

  async #finish(): Promise<void> {
    const gaveBack = async () => {
      await this.#pulling;
      await Promise.all(this.#working);
    };
    await Promise.race([gaveBack(), sleep(STOP_SECONDS * 1000, undefined, { ref: false })]);
    this.#options.log.info("engine_stopped", {});
    this.#end();
  }

  /** Asks until there is no work or no room. A ring that comes while an answer is on its way makes it ask once more. */
  async #pull(): Promise<void> {
    const { log, max } = this.#options;
    const { signal } = this.#stopping;
    try {
      while (this.#wanted && this.working < max && !signal.aborted) {
        this.#wanted = false;
        const leases = await requestLeases(this.#options, max - this.working, signal);
        for (const lease of leases) this.#take(lease);
        if (leases.length > 0) this.#wanted = true;
      }
    } catch (error) {
      if (!signal.aborted) log.warn("pull_failed", { error });
    }
  }

  /** Leases that come while the loop stops are given back by the same way as those at work. */
  #take(lease: Lease): void {
    clearTimeout(this.#idle);
    const work = workOnLease(lease, { ...this.#options, stopping: this.#stopping.signal });
    this.#working.add(work);
    void work.then(() => {
      this.#working.delete(work);
      this.ring();
    });
  }

  #watchIdleness(): void {
    const { idleExitSeconds } = this.#options;
    clearTimeout(this.#idle);
    if (idleExitSeconds === undefined || this.working > 0 || this.#stopping.signal.aborted) return;
    this.#idle = setTimeout(() => this.stop(), idleExitSeconds * 1000);
  }
}
