/**
 * Runs the tests, the unit tier first and the two others side by side, and stops what it started for them.
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

/** Runs every lane, also after one that failed. @returns the exit code */
async function runTiers(
  files: Files,
  options: readonly string[],
  { run, dir }: TestRun,
  stopAsked: Promise<void>,
): Promise<number> {
  const cloud = sharedCloud(files, { run, dir });
  const backends = files.integration.length > 0 ? startBackends({ run, dir }) : undefined;
  // Awaited by the lanes that need it.
  backends?.catch(() => {});
  let code = 0;
  const total = { passed: 0, failed: 0 };
  const runLane = async (lane: Lane, index: number) => {
    const env = await Promise.race([environmentOf(lane.tier, cloud, backends), stopAsked]);
    if (env === undefined) {
      code = 130;
      return;
    }
    console.log(`\n${lane.tier} tests`);
    const countFile = join(dir, `${lane.tier}-${index}.json`);
    const ended = await runTests(lane, options, env, countFile, stopAsked);
    code ||= ended;
    const { passed, failed } = readCounts(countFile);
    total.passed += passed;
    total.failed += failed;
  };
  for (const lanes of lanesOf(files))
    await Promise.all(
      lanes.map(async (following, index) => {
        for (const lane of following) if (lane.files.length > 0) await runLane(lane, index);
      }),
    );
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

/** Test files of a tier that run in one run of node's test runner. */
interface Lane {
  readonly tier: Tier;
  readonly files: readonly string[];
  readonly filesAtOnce: number;
}

/**
 * The one local cloud is used by one file at a time: some kill its processes, and one engine would lease another's jobs. These files, of
 * two tiers, wait more than they compute, so the others go on beside them on all processors.
 * @returns stages; in each, rows that run side by side; in each of these, lanes that run one after the other
 */
function lanesOf({ unit, integration, acceptance }: Files): Lane[][][] {
  const onCloud = integration.filter(usesCloud);
  const others = integration.filter((file) => !onCloud.includes(file));
  return [
    [[{ tier: "unit", files: unit, filesAtOnce: 1 }]],
    [
      [
        { tier: "integration", files: onCloud, filesAtOnce: 1 },
        { tier: "acceptance", files: acceptance, filesAtOnce: 1 },
      ],
      [{ tier: "integration", files: others, filesAtOnce: Math.max(2, availableParallelism()) }],
    ],
  ];
}

/** Starts what the tests of the integration tier share. @returns their part of the environment */
async function startBackends({ run, dir }: TestRun): Promise<Environment> {
  const [postgres, firestore] = await Promise.all([
    startTestPostgres(run, dir),
    startTestFirestore(run, dir),
  ]);
  return { [ADDRESSES.postgres]: postgres, [ADDRESSES.firestore]: firestore };
}

/** @returns the environment that tells the tests of a tier where the backends are that were started for them */
async function environmentOf(
  tier: Tier,
  cloud: Promise<string> | undefined,
  backends: Promise<Environment> | undefined,
): Promise<Environment> {
  if (tier === "unit") return {};
  if (tier === "integration") {
    const endpoints = await cloud;
    // Suites that need the cloud wait for it to be ready; the others are tested meanwhile.
    return { ...(await backends), ...(endpoints === undefined ? {} : { [ADDRESSES.cloud]: endpoints }) };
  }
  const given = process.env[ADDRESSES.endpoints];
  if (given) return { [ADDRESSES.endpoints]: given };
  const endpoints = await cloud;
  if (endpoints === undefined) return {};
  await waitUntilReady(endpoints);
  return { [ADDRESSES.endpoints]: endpoints };
}

function runTests(
  { tier, files, filesAtOnce }: Lane,
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
