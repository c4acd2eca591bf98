/** One process that serves requests: a function under functions-framework, or what it is compared with. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { freePort, isFree, LOOPBACK } from "#local/processes/ports.ts";
import type { Run, Running } from "#local/processes/run.ts";
import { ROOT } from "#tools/build/functions.ts";
import type { BenchRequest } from "./requests.ts";

const FRAMEWORK = join(ROOT, "node_modules/@google-cloud/functions-framework/build/src/main.js");
/** How often a process that is starting is asked, in milliseconds. */
const ASK_AGAIN_MS = 2;
const START_MS = 60_000;
/** The unit of CPU time in /proc: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (100 a second on every usual Linux) */
const TICK_MS = 10;

export interface Target {
  readonly name: string;
  /** A function's folder; a script for what runs without the framework. */
  readonly source: string;
  /** Whether it takes CloudEvents. */
  readonly events: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly bare?: boolean;
}

export interface Instance {
  readonly port: number;
  readonly process: Running;
  /** CPU time since its start, in milliseconds. */
  cpuMs(): number;
  /** Resident memory now, and at its most, in MiB. */
  memoryMiB(): number;
  peakMiB(): number;
}

/** Starts a process and waits until it listens. */
export async function startInstance(run: Run, target: Target, port: number): Promise<Instance> {
  const instance = await spawnInstance(run, target, port);
  await run.waitUntil(instance.process, async () => !(await isFree(port)), START_MS);
  return instance;
}

/**
 * Starts a process and asks it until it answers.
 * @returns the milliseconds from before the process is started until the whole answer is there, and its CPU time until then
 */
export async function firstAnswer(
  run: Run,
  target: Target,
  asked: BenchRequest,
): Promise<{ wallMs: number; cpuMs: number; peakMiB: number }> {
  const port = await freePort();
  const begun = performance.now();
  const instance = await spawnInstance(run, target, port);
  try {
    while ((await send(port, asked)) === undefined) {
      if (instance.process.hasExited() || performance.now() - begun > START_MS)
        throw new Error(
          `${target.name} did not answer: ${readFileSync(instance.process.log, "utf8").slice(-2000)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    return { wallMs: performance.now() - begun, cpuMs: instance.cpuMs(), peakMiB: instance.peakMiB() };
  } finally {
    await endInstance(instance);
  }
}

/** Ends a process at once, as the platform may. */
export async function endInstance(instance: Instance): Promise<void> {
  process.kill(instance.process.pid, "SIGTERM");
  const late = setTimeout(() => process.kill(instance.process.pid, "SIGKILL"), 2_000);
  await instance.process.exited;
  clearTimeout(late);
}

async function spawnInstance(run: Run, target: Target, port: number): Promise<Instance> {
  const child = await run.start({
    name: `function-${target.name}`,
    command: process.execPath,
    args: target.bare
      ? [target.source]
      : [
          FRAMEWORK,
          ...["--source", target.source, "--target", target.name, "--port", String(port)],
          ...(target.events ? ["--signature-type", "cloudevent"] : []),
        ],
    env: { ...target.env, PORT: String(port), NODE_PATH: join(ROOT, "node_modules") },
  });
  const status = (field: string) =>
    Number(
      new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1],
    ) / 1024;
  return {
    port,
    process: child,
    cpuMs() {
      // After the name, which may hold spaces, utime and stime are the 12th and 13th fields.
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    memoryMiB: () => status("VmRSS"),
    peakMiB: () => status("VmHWM"),
  };
}

/** @returns undefined while no one listens; throws for an answer that isn't a success */
function send(port: number, { method, path, headers, body }: BenchRequest): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(
      {
        host: LOOPBACK,
        ...{ port, method, path, agent: false },
        headers: {
          ...headers,
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      },
      (response) => {
        let said = "";
        response.setEncoding("utf8");
        const done = () => {
          const status = response.statusCode ?? 0;
          if (status < 300) resolve(status);
          else reject(new Error(`${method} ${path} answered ${status}: ${said.slice(0, 500)}`));
        };
        // A stream is answered by its first event.
        const isStream = response.headers["content-type"]?.startsWith("text/event-stream") ?? false;
        response.on("data", (chunk: string) => {
          said += chunk;
          if (!isStream) return;
          done();
          sent.destroy();
        });
        response.on("end", done);
      },
    );
    sent.on("error", (error) =>
      "code" in error && (error.code === "ECONNREFUSED" || error.code === "ECONNRESET")
        ? resolve(undefined)
        : reject(error),
    );
    sent.end(text);
  });
}
