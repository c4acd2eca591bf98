import { once } from "node:events";
import { mkdir, readdir, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { LeaseLoop } from "./leaseLoop.ts";
import { type LeaseOptions, withDefaults } from "./leaseOptions.ts";
import { LEASE_DIRECTORY } from "./leaseWork.ts";
import { type WakeGuard, wakeApp } from "./wake.ts";

/** `workDir` is this engine's alone: it is made, and what an earlier run left of leases in it is removed. */
export interface EngineOptions extends LeaseOptions {
  /** Where /wake listens; a free port when 0 or absent. */
  readonly port?: number;
  /** Loopback when absent. */
  readonly host?: string;
  readonly wakeGuard?: WakeGuard;
  /** How often to ask without having been rung, in seconds: for a ring that was lost. */
  readonly pollSeconds?: number;
  /** End by itself after this long without work, as an engine that scales to zero does. Never when absent. */
  readonly idleExitSeconds?: number;
}

export interface Engine {
  /** Address of the engine's own side; `/wake` is added. */
  readonly url: string;
  readonly port: number;
  /** Leases being worked on. */
  readonly working: number;
  /** Gives all leases back, ends their work and stops listening. May be called twice. */
  stop(): Promise<void>;
  /** Settles when the engine has ended, by `stop` or because it was idle. */
  readonly ended: Promise<void>;
}

/** Starts an engine: it asks for work at once, after each ring, as soon as it is done with something, and at each poll. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { port = 0, host = "127.0.0.1", wakeGuard, pollSeconds = 30, idleExitSeconds } = options;
  const full = withDefaults(options);
  await mkdir(full.workDir, { recursive: true });
  await removeLeftovers(full.workDir);
  const loop = new LeaseLoop({ ...full, pollSeconds, idleExitSeconds });
  const app = wakeApp({
    kinds: full.kinds,
    clock: full.clock,
    ...(wakeGuard ? { guard: wakeGuard } : {}),
    ring: () => loop.ring(),
    health: () => ({ engineId: full.engineId, working: loop.working, kinds: full.kinds }),
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(port, host);
  await once(server, "listening");
  const { port: listening } = addressOf(server);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${listening}`;
  full.log.info("engine_listening", { url });
  loop.start();
  const ended = loop.ended.then(async () => {
    await close(server);
    await removeLeftovers(full.workDir);
  });
  return {
    url,
    port: listening,
    get working() {
      return loop.working;
    },
    stop: async () => {
      loop.stop();
      await ended;
    },
    ended,
  };
}

/** What a killed engine left. Only what engines make is touched: the directory may have had other files before. */
async function removeLeftovers(workDir: string): Promise<void> {
  for (const name of await readdir(workDir)) {
    if (name.startsWith(LEASE_DIRECTORY)) await rm(join(workDir, name), { recursive: true, force: true });
  }
}

function addressOf(server: ServerType): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address;
}

async function close(server: ServerType): Promise<void> {
  const closed = once(server, "close");
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await closed;
}
