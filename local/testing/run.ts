/**
 * `npm test`: starts what the tests share, runs them all in one `node --test`, stops everything.
 *
 *   npm test                                       all tests
 *   npm test -- shared/queue local/start.test.ts   those files, and those in these folders
 *   npm test -- --test-name-pattern=lease          options go to node's test runner
 */
import { spawn } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ROOT } from "#tools/build/functions.ts";
import { keepCompiledCode } from "../processes/compileCache.ts";
import { ADDRESSES } from "./addresses.ts";
import { startTestCloud } from "./cloud.ts";
import { openTestRun, startTestFirestore, startTestPostgres } from "./start.ts";

const FOLDERS = ["shared", "functions", "engine", "tools", "local", "tests"];

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = args.filter((arg) => arg.startsWith("-"));
  const places = args.filter((arg) => !arg.startsWith("-"));
  const files = testFiles(places.length === 0 ? FOLDERS : places);
  if (files.length === 0) {
    console.error(`no test files in ${places.join(", ")}`);
    return 1;
  }
  keepCompiledCode();
  const stopAsked = signalled();
  const { run, dir } = openTestRun();
  try {
    const env = await Promise.race([startBackends(run, dir, files), stopAsked]);
    if (env === undefined) return 130;
    return await runTests(files, options, env, stopAsked);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await run.stop();
  }
}

function testFiles(places: readonly string[]): string[] {
  return places.flatMap((place) =>
    statSync(join(ROOT, place), { throwIfNoEntry: false })?.isDirectory()
      ? globSync(`${place}/**/*.test.ts`, { cwd: ROOT }).sort()
      : globSync(place, { cwd: ROOT }).sort(),
  );
}

/** Starts what the files name. @returns the environment that tells suites where it is */
async function startBackends(
  run: ReturnType<typeof openTestRun>["run"],
  dir: string,
  files: readonly string[],
): Promise<Record<string, string>> {
  const sources = files.map((file) => readFileSync(join(ROOT, file), "utf8"));
  const named = (name: string) => sources.some((source) => source.includes(name));
  const env: Record<string, string> = {};
  const starting: Promise<unknown>[] = [];
  const start = (wanted: boolean, variable: string, begin: () => Promise<string>) => {
    if (wanted) starting.push(begin().then((address) => Object.assign(env, { [variable]: address })));
  };
  start(true, ADDRESSES.postgres, () => startTestPostgres(run, dir));
  start(true, ADDRESSES.firestore, () => startTestFirestore(run, dir));
  // Suites that need it wait for it to be ready; the others are tested meanwhile.
  start(named("testCloud"), ADDRESSES.cloud, async () => (await startTestCloud(run, dir)).endpointsFile);
  await Promise.all(starting);
  return env;
}

function runTests(
  files: readonly string[],
  options: readonly string[],
  env: Readonly<Record<string, string>>,
  stopAsked: Promise<void>,
): Promise<number> {
  const concurrency = Math.max(2, availableParallelism());
  const child = spawn(
    process.execPath,
    ["--test", `--test-concurrency=${concurrency}`, ...options, ...files],
    {
      cwd: ROOT,
      stdio: "inherit",
      env: { ...process.env, ...env },
    },
  );
  void stopAsked.then(() => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 130));
  });
}

function signalled(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => resolve(undefined));
  });
}
