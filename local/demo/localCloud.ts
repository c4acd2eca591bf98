import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Narrator } from "./narrator.ts";
import type { PhoneAddresses } from "./phone/phone.ts";

const ENDPOINTS = ".local/endpoints.json";
const endpointsSchema = z.object({ api: z.url(), identity: z.url(), mail: z.url() });

export interface BorrowedCloud {
  readonly addresses: PhoneAddresses;
  /** Stops the local cloud if the demo started it. */
  giveBack(): Promise<void>;
  /** Settles when a cloud that was started for the demo has ended; at once when it ran before. */
  readonly ended: Promise<void>;
}

/**
 * The local cloud that runs already, or one started for the demo. Gives undefined, after saying why, when it can't be started.
 */
export async function borrowLocalCloud(options: {
  portBase: string | undefined;
  tell: Narrator;
}): Promise<BorrowedCloud | undefined> {
  const running = await answeringCloud();
  if (running) {
    options.tell.step(`the local cloud is running at ${running.api}`);
    return { addresses: running, giveBack: async () => {}, ended: Promise.resolve() };
  }
  options.tell.step("starting the local cloud (npm start does the same and keeps it running) …");
  const startedAt = performance.now();
  const child = startCloud(options.portBase);
  const said: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => {
    said.push(chunk.toString());
    for (const [, part] of chunk.toString().matchAll(/^reverie: {3}(.+)$/gm)) options.tell.step(`  ${part}`);
  });
  child.stderr?.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const giveBack = stopper(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));

  while (child.exitCode === null && child.signalCode === null) {
    const addresses = await answeringCloud();
    if (addresses) {
      options.tell.step(`the local cloud is ready at ${addresses.api} (${seconds(startedAt)} s)`);
      return { addresses, giveBack, ended };
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  options.tell.problem(said.join("").trim() || "the local cloud did not start");
  return undefined;
}

function startCloud(portBase: string | undefined): ChildProcess {
  return spawn(
    process.execPath,
    ["local/start.ts", ...(portBase === undefined ? [] : ["--port-base", portBase])],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

function stopper(child: ChildProcess): () => Promise<void> {
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void stop().then(() => process.exit(130));
    });
  }
  return stop;
}

/** The addresses in the endpoints file, if something answers there. */
async function answeringCloud(): Promise<PhoneAddresses | undefined> {
  try {
    const endpoints = endpointsSchema.parse(JSON.parse(await readFile(ENDPOINTS, "utf8")));
    const response = await fetch(`${endpoints.api}/v1/auth/jwks.json`, {
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
    return response.ok ? endpoints : undefined;
  } catch {
    return undefined; // no file, half a file, or one that an earlier run left behind
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
