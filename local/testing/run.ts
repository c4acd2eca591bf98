/**
 * Runs the tests, tier by tier, and stops what it started for them.
 *
 *   npm test                                     all tiers
 *   npm run test:unit                            one tier; test:integration, test:acceptance
 *   npm test -- shared/queue local/start.test.ts  the tests in these folders, or these files
 *   npm test -- --test-name-pattern=lease        options go to node's test runner
 *
 * The acceptance tier visits the cloud whose endpoints.json REVERIE_ENDPOINTS names; without it a local cloud is started.
 * The last line says how many tests passed and failed in all.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ROOT } from "#tools/build/functions.ts";
import { keepCompiledCode } from "../processes/compileCache.ts";
import { ADDRESSES } from "./addresses.ts";
import { startTestCloud, waitUntilReady } from "./cloud.ts";
import type { Counts } from "./countReporter.ts";
import { openTestRun, startTestFirestore, startTestPostgres } from "./start.ts";
import { TIERS, type Tier, testFiles } from "./tiers.ts";

type TestRun = ReturnType<typeof openTestRun>;
type Files = Readonly<Record<Tier, readonly string[]>>;
type Environment = Readonly<Record<string, string>>;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { tiers, options, places } = parse(args);
  const files = filesOf(tiers, places);
  if (TIERS.every((tier) => files[tier].length === 0)) {
    console.error(`no test files in ${places.length === 0 ? tiers.join(", ") : places.join(", ")}`);
    return 1;
  }
  keepCompiledCode();
  const stopAsked = signalled();
  const testRun = openTestRun();
  try {
    return await runTiers(files, options, testRun, stopAsked);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await testRun.run.stop();
  }
}

function parse(args: readonly string[]) {
  const chosen = TIERS.filter((tier) => args.includes(`--tier=${tier}`));
  return {
    tiers: chosen.length === 0 ? TIERS : chosen,
    options: args.filter((arg) => arg.startsWith("-") && !arg.startsWith("--tier=")),
    places: args.filter((arg) => !arg.startsWith("-")),
  };
}

function filesOf(tiers: readonly Tier[], places: readonly string[]): Files {
  const of = (tier: Tier) => (tiers.includes(tier) ? testFiles(tier, places) : []);
  return { unit: of("unit"), integration: of("integration"), acceptance: of("acceptance") };
}

/** Runs every tier, also after one that failed. @returns the exit code */
async function runTiers(
  files: Files,
  options: readonly string[],
  { run, dir }: TestRun,
  stopAsked: Promise<void>,
): Promise<number> {
  const cloud = sharedCloud(files, { run, dir });
  let code = 0;
  const total = { passed: 0, failed: 0 };
  for (const tier of TIERS) {
    if (files[tier].length === 0) continue;
    console.log(`\n${tier} tests`);
    const env = await Promise.race([environmentOf(tier, cloud, { run, dir }), stopAsked]);
    if (env === undefined) return 130;
    const runs = lanesOf(tier, files[tier]).map(async (lane, index) => {
      const countFile = join(dir, `${tier}-${index}.json`);
      const ended = await runTests(tier, lane, options, env, countFile, stopAsked);
      return { ended, ...readCounts(countFile) };
    });
    for (const { ended, passed, failed } of await Promise.all(runs)) {
      code ||= ended;
      total.passed += passed;
      total.failed += failed;
    }
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return code;
}

/** A local cloud is started at once when a test needs one: it becomes ready while other tests run. */
function sharedCloud(files: Files, { run, dir }: TestRun): Promise<string> | undefined {
  const visits = files.acceptance.length > 0 && !process.env[ADDRESSES.endpoints];
  return visits || files.integration.some(usesCloud)
    ? startTestCloud(run, dir).then(({ endpointsFile }) => endpointsFile)
    : undefined;
}

function usesCloud(file: string): boolean {
  return readFileSync(join(ROOT, file), "utf8").includes("testCloud");
}

/** Test files that run beside those of the tier's other lanes. */
interface Lane {
  readonly files: readonly string[];
  readonly filesAtOnce: number;
}

/**
 * The one local cloud is used by one file at a time: some kill its processes, and one engine would lease another's jobs. These files
 * wait more than they compute, so the others go on beside them on all processors.
 */
function lanesOf(tier: Tier, files: readonly string[]): Lane[] {
  const onCloud =
    tier === "acceptance" ? files : files.filter((file) => tier === "integration" && usesCloud(file));
  const others = files.filter((file) => !onCloud.includes(file));
  const lanes = [
    { files: onCloud, filesAtOnce: 1 },
    { files: others, filesAtOnce: Math.max(2, availableParallelism()) },
  ];
  return lanes.filter((lane) => lane.files.length > 0);
}

/** @returns the environment that tells the tests of a tier where the backends are that were started for them */
async function environmentOf(
  tier: Tier,
  cloud: Promise<string> | undefined,
  { run, dir }: TestRun,
): Promise<Environment> {
  if (tier === "unit") return {};
  if (tier === "integration") {
    const [postgres, firestore, endpoints] = await Promise.all([
      startTestPostgres(run, dir),
      startTestFirestore(run, dir),
      cloud,
    ]);
    return {
      [ADDRESSES.postgres]: postgres,
      [ADDRESSES.firestore]: firestore,
      // Suites that need it wait for it to be ready; the others are tested meanwhile.
      ...(endpoints === undefined ? {} : { [ADDRESSES.cloud]: endpoints }),
    };
  }
  const given = process.env[ADDRESSES.endpoints];
  if (given) return { [ADDRESSES.endpoints]: given };
  const endpoints = await cloud;
  if (endpoints === undefined) return {};
  await waitUntilReady(endpoints);
  return { [ADDRESSES.endpoints]: endpoints };
}

function runTests(
  tier: Tier,
  { files, filesAtOnce }: Lane,
  options: readonly string[],
  env: Environment,
  countFile: string,
  stopAsked: Promise<void>,
): Promise<number> {
  const reporters = options.some((option) => option.startsWith("--test-reporter"))
    ? []
    : [
        ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
        ...["--test-reporter=./local/testing/countReporter.ts", `--test-reporter-destination=${countFile}`],
      ];
  const child = spawn(
    process.execPath,
    [
      "--test",
      `--test-concurrency=${filesAtOnce}`,
      // Unit tests share one process: a process for each file would load the same libraries a hundred times.
      ...(tier === "unit" ? ["--import=./local/testing/noProcesses.ts", "--test-isolation=none"] : []),
      ...reporters,
      ...options,
      ...files,
    ],
    { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...env } },
  );
  void stopAsked.then(() => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 130));
  });
}

function readCounts(file: string): Counts {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  // Written by our own reporter; empty when the run was broken off.
  return text === "" ? { passed: 0, failed: 0 } : (JSON.parse(text) as Counts);
}

function signalled(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => resolve(undefined));
  });
}
