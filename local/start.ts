/**
 * `npm start`: the whole of Reverie on this machine, until Ctrl-C.
 *
 *   npm start -- [--no-engine] [--fresh] [--port-base N] [--data-dir DIR]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "#tools/build/functions.ts";
import { type Cloud, startCloud } from "./cloud/cloud.ts";
import { type CloudPlan, DEFAULT_PORT_BASE, planCloud } from "./cloud/plan.ts";
import { warmUp } from "./cloud/warmUp.ts";
import { keepCompiledCode } from "./processes/compileCache.ts";
import { putSamples } from "./samples/putSamples.ts";

const USAGE = `npm start -- [options]
  --no-engine     leave the reference engine out
  --fresh         forget earlier data
  --port-base N   the first of a row of ports (${DEFAULT_PORT_BASE})
  --data-dir DIR  where data, logs and endpoints.json are kept (.local)`;

/** Put in at each start; what is there stays. */
const SAMPLES = join(ROOT, "local/samples/sets");

const say = (line: string) => console.log(`reverie: ${line}`);

// A part that was still starting at the request to stop must not keep this process, or its ports.
process.exit(await main());

async function main(): Promise<number> {
  keepCompiledCode();
  const stopAsked = signalled();
  const failed = surprised();
  const startedAt = performance.now();
  try {
    const plan = planFromArguments();
    if (plan === undefined) {
      console.log(USAGE);
      return 0;
    }
    say("starting the local cloud; this takes 10 to 40 seconds …");
    const cloud = await startCloud(plan, say, Promise.race([stopAsked, failed]));
    printTable(cloud, plan, Math.round(performance.now() - startedAt) / 1000);
    const { api, adminKeyFile: keyFile } = cloud.endpoints;
    // Nothing waits for these: the cloud answers without them.
    void warmUp(plan);
    putSamples(SAMPLES, { api, keyFile }, (line) => say(`sample ${line}`)).catch((error: unknown) =>
      say(`a sample could not be put in: ${error instanceof Error ? error.message : error}`),
    );
    const reason = await Promise.race([stopAsked, failed, cloud.broken]);
    say(reason === undefined ? "stopping …" : `${reason}; stopping …`);
    await cloud.stop();
    say("stopped");
    return reason === undefined ? 0 : 1;
  } catch (error) {
    console.error(`reverie: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

function planFromArguments(): CloudPlan | undefined {
  const { values } = parseArgs({
    options: {
      engine: { type: "boolean", default: true },
      fresh: { type: "boolean", default: false },
      "port-base": { type: "string", default: String(DEFAULT_PORT_BASE) },
      "data-dir": { type: "string", default: join(ROOT, ".local") },
      help: { type: "boolean", default: false },
    },
    allowNegative: true,
  });
  if (values.help) return undefined;
  return planCloud({
    portBase: Number(values["port-base"]),
    dataDir: values["data-dir"],
    fresh: values.fresh,
    engine: values.engine,
  });
}

/** Settles at the first request to stop; later ones, as from a second Ctrl-C, change nothing. */
function signalled(): Promise<undefined> {
  return new Promise((resolve) => {
    const stop = () => resolve(undefined);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
    if (process.env.npm_lifecycle_event !== undefined) whenParentIsGone(stop);
  });
}

/** Settles with an uncaught error: then everything is stopped as well. */
function surprised(): Promise<string> {
  return new Promise((resolve) => {
    process.on("uncaughtException", (error) => resolve(`unexpected: ${error.stack ?? error.message}`));
    process.on("unhandledRejection", (reason) =>
      resolve(`unexpected: ${reason instanceof Error ? reason.stack : reason}`),
    );
  });
}

/** npm passes signals on to its shell, which may end without passing them on to us. */
function whenParentIsGone(tell: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    tell();
  }, 500);
  timer.unref();
}

function printTable({ endpoints }: Cloud, plan: CloudPlan, seconds: number): void {
  const rows = Object.entries(endpoints).map(([name, value]) => `  ${name.padEnd(14)} ${value}`);
  console.log(rows.join("\n"));
  say(
    `ready in ${seconds} s; addresses are in ${plan.files.endpoints}, logs in ${plan.dirs.logs}; Ctrl-C stops everything`,
  );
}
