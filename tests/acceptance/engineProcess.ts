import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface EngineProcess {
  /** Asks it to end, and waits: it gives its leases back. */
  stop(): Promise<void>;
  /** Kills it at once. */
  kill(): void;
}

/** The reference engine as a process of its own, asking for work every second; it takes the port that rings go to if that is free. */
export async function spawnEngine(
  cloud: { readonly api: string; readonly engineKeyFile: string },
  options: { id: string; leaseSeconds?: number; port?: number; logFile?: string },
): Promise<EngineProcess> {
  const workDir = await mkdtemp(join(tmpdir(), `reverie-engine-${options.id}-`));
  const child = spawn(
    process.execPath,
    [
      "engine/reference/main.ts",
      ...["--api", cloud.api],
      ...["--key-file", cloud.engineKeyFile],
      ...["--port", String(options.port ?? 0)],
      ...["--engine-id", options.id],
      ...["--lease-seconds", String(options.leaseSeconds ?? 10)],
      ...["--poll-seconds", "1"],
      ...["--work-dir", workDir],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const log = createWriteStream(options.logFile ?? join(workDir, "engine.log"), { flags: "a" });
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  return {
    stop: () => stop(child),
    kill: () => void child.kill("SIGKILL"),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
