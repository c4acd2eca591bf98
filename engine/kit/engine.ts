import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "#local/standins/web/serve.ts";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { converters } from "../reference/converters.ts";
import { EngineClient, type Lease, worthAnotherCall } from "./client.ts";
import { serviceAccountTokens } from "./idToken.ts";
import { LEASE_DIRECTORY, type LeaseEnd, workOnLease } from "./leaseWork.ts";
import { retrying } from "./retry.ts";
import type { RunLimits } from "./runConversion.ts";
import { type WakeGuard, wakeApp } from "./wake.ts";

export interface EngineOptions {
  /** Where /wake listens; 0 picks a free port. */
  readonly port: number;
  readonly host?: string;
  /** Origin of the gateway. */
  readonly apiBase: string;
  /** How the gateway tells engines apart; stable across restarts. */
  readonly engineId: string;
  /** Service-account key file of the engine. */
  readonly keyFile: string;
  /** Kinds to take; all this engine can make when absent. */
  readonly kinds?: readonly string[];
  /** How many jobs at once. */
  readonly max?: number;
  readonly leaseSeconds?: number;
  /** For inputs and results while they are worked on; this engine's alone: what an earlier run left of leases there is removed. */
  readonly workDir: string;
  readonly wakeGuard?: WakeGuard;
  /** How often to ask without having been rung, in seconds: for a ring that was lost. */
  readonly pollSeconds?: number;
  /** End by itself after this long without work, as an engine that scales to zero does. Never when absent. */
  readonly idleExitSeconds?: number;
  readonly limits?: Partial<RunLimits>;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Makes Idempotency-Keys. */
  readonly newKey?: () => string;
}

export interface Engine {
  /** Address of the engine's own side; `/wake` is added. */
  readonly url: string;
  readonly port: number;
  /** Leases being worked on. */
  readonly working: number;
  /** Gives all leases back, ends their conversions and stops listening. May be called twice. */
  stop(): Promise<void>;
  /** Settles when the engine has ended, by `stop` or because it was idle. */
  readonly ended: Promise<void>;
}

const DEFAULTS = { max: 1, leaseSeconds: 30, pollSeconds: 30 };
/** How often one request for work is repeated with the same key before the next ring or poll has to do it. */
const PULL_ATTEMPTS = 5;
/** How long giving leases back may take when the engine stops. */
const STOP_SECONDS = 8;

/** Starts an engine: it asks for work at once, after each ring, as soon as it is done with something, and now and then. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  await mkdir(options.workDir, { recursive: true });
  await removeLeftovers(options.workDir);
  const runner = new Runner(options);
  const kinds = options.kinds ?? [...converters.keys()];
  const app = wakeApp({
    kinds,
    clock: options.clock ?? systemClock,
    ...(options.wakeGuard ? { guard: options.wakeGuard } : {}),
    ring: () => runner.ring(),
    health: () => ({ engineId: options.engineId, working: runner.working, kinds }),
  });
  const served = await serve(
    { port: options.port, ...(options.host ? { host: options.host } : {}) },
    () => app,
  );
  options.log.info("engine_listening", { url: served.url });
  runner.start();
  const ended = runner.ended.then(async () => {
    await served.close();
    await removeLeftovers(options.workDir);
  });
  return {
    url: served.url,
    port: served.port,
    get working() {
      return runner.working;
    },
    stop: async () => {
      runner.stop();
      await ended;
    },
    ended,
  };
}

/** What a killed engine left. Only what engines make is touched: the directory may have been somebody's before. */
async function removeLeftovers(workDir: string): Promise<void> {
  for (const name of await readdir(workDir)) {
    if (name.startsWith(LEASE_DIRECTORY)) await rm(join(workDir, name), { recursive: true, force: true });
  }
}

/** Asks for work while there is room for it. */
class Runner {
  readonly ended: Promise<void>;
  readonly #options: EngineOptions;
  readonly #client: EngineClient;
  readonly #max: number;
  readonly #leaseSeconds: number;
  readonly #stopping = new AbortController();
  readonly #working = new Set<Promise<LeaseEnd>>();
  #wanted = true;
  #pulling: Promise<void> | undefined;
  #poll: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #end: () => void = () => {};

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#max = options.max ?? DEFAULTS.max;
    this.#leaseSeconds = options.leaseSeconds ?? DEFAULTS.leaseSeconds;
    const { keyFile, apiBase, clock = systemClock } = options;
    const audience = new URL(apiBase).origin;
    this.#client = new EngineClient(apiBase, serviceAccountTokens({ keyFile, audience, clock }));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get working(): number {
    return this.#working.size;
  }

  start(): void {
    const seconds = this.#options.pollSeconds ?? DEFAULTS.pollSeconds;
    this.#poll = setInterval(() => this.ring(), seconds * 1000);
    this.ring();
  }

  ring(): "pulling" | "busy" | "stopping" {
    if (this.#stopping.signal.aborted) return "stopping";
    if (this.working >= this.#max) return "busy";
    this.#wanted = true;
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = undefined;
      // A ring that came after the last look.
      if (this.#wanted) this.ring();
      this.#watchIdleness();
    });
    return "pulling";
  }

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
    this.#options.log.info("engine_stopped");
    this.#end();
  }

  /** Asks until there is no work or no room. A ring that comes while an answer is on its way makes it ask once more. */
  async #pull(): Promise<void> {
    const { log } = this.#options;
    try {
      while (this.#wanted && this.working < this.#max && !this.#stopping.signal.aborted) {
        this.#wanted = false;
        const leases = await this.#lease(this.#max - this.working);
        for (const lease of leases) this.#take(lease);
        if (leases.length > 0) this.#wanted = true;
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn("pull_failed", { error });
    }
  }

  async #lease(max: number): Promise<readonly Lease[]> {
    const { engineId, kinds = [...converters.keys()], newKey = randomUUID } = this.#options;
    const key = newKey();
    const wish = { engineId, kinds, max, leaseSeconds: this.#leaseSeconds };
    const rules = {
      attempts: PULL_ATTEMPTS,
      baseSeconds: 0.5,
      maxSeconds: 10,
      worthwhile: worthAnotherCall,
      signal: this.#stopping.signal,
    };
    return await retrying(rules, () => this.#client.lease(wish, key));
  }

  /** Leases that come while the engine stops are given back by the same way as those at work. */
  #take(lease: Lease): void {
    clearTimeout(this.#idle);
    const { log, workDir, limits = {}, clock = systemClock } = this.#options;
    const work = workOnLease(lease, {
      client: this.#client,
      log,
      workDir,
      leaseSeconds: this.#leaseSeconds,
      limits,
      clock,
      stopping: this.#stopping.signal,
    });
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
