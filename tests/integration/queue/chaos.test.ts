/**
 * 200 jobs while engines, function workers and the Tasks stand-in are killed and frozen. Afterwards: 200 results, none twice, and each
 * attempt beyond the first has its reason in the log.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { jobSchema, mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { type TestCloud, testCloud } from "#local/testing/backends.ts";
import { eventually, mp4 } from "#tests/acceptance/tools.ts";
import { workersOf } from "../workers.ts";

const JOBS = 200;
const ENGINES = 4;
/** Longer than the lease that a chaos engine asks for. */
const FROZEN_MILLISECONDS = 4_000;

/** A look at all jobs costs more than most of what it looks at, so it is not made all the time. */
const ASK_MILLISECONDS = 2_000;

/** Longer than `sweep` takes to mend what was lost: three minutes for a ring. */
const STUCK_MILLISECONDS = 300_000;

let cloud: TestCloud;
let giver: Phone;
const engines = new Map<string, ChildProcess>();
let made = 0;

before(async () => {
  cloud = await testCloud();
  const name = randomBytes(4).toString("hex");
  giver = await Phone.signIn(cloud, { email: `chaos-giver-${name}@example.com` });
  const recipient = await Phone.signIn(cloud, { email: `chaos-recipient-${name}@example.com` });
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient")]);
  const invitation = await giver.invite(recipient.email);
  await giver.confirm(invitation, await mailedCode(cloud.mail, recipient.email));
});
after(() => {
  for (const engine of engines.values()) engine.kill("SIGKILL");
});

test("killed and frozen engines, workers, tasks: 200 jobs give 200 results, none twice", async () => {
  const upload = await giver.upload(await mp4(), "video/mp4");
  const ids: string[] = [];
  for (let from = 0; from < JOBS; from += 10) {
    const some = Array.from({ length: 10 }, (_, n) =>
      giver.submit({ kind: "scene", title: `Job ${from + n}`, params: {}, inputs: { video: upload } }),
    );
    ids.push(...(await Promise.all(some)).map((job) => job.id));
  }
  while (engines.size < ENGINES) startEngine();

  let done = false;
  const trouble = makeTrouble(() => done);
  try {
    await allJobsEnded();
  } finally {
    done = true;
    await trouble;
  }

  const jobs = await Promise.all(ids.map((id) => giver.job(id)));
  // An engine may be killed three times over one job, which is then a dead letter with its reason: tried again, it succeeds too.
  for (const job of jobs.filter((one) => one.state === "failed")) {
    assert.equal(job.error?.code, "engine_lost");
    await giver.call("POST", `/v1/jobs/${job.id}/retry`);
  }
  await allJobsEnded();
  const ended = await Promise.all(ids.map((id) => giver.job(id)));
  assert.deepEqual(new Set(ended.map((job) => job.state)), new Set(["succeeded"]));
  await eventually("all results are synced", async () => (await resourceRows(ids)).size === JOBS);
  assert.deepEqual(new Set((await resourceRows(ids)).values()), new Set([1]));

  const log = await readFile(join(cloud.dataDir, "logs", "firebase.log"), "utf8");
  for (const job of ended.filter((one) => one.attempt > 1)) {
    const reasons = log
      .split("\n")
      .filter((line) => line.includes(job.id) && line.includes("lease_ended")).length;
    assert.ok(reasons >= 1, `job ${job.id} took ${job.attempt} attempts and the log doesn't say why`);
  }
});

function startEngine(): void {
  made += 1;
  const name = `chaos-${made}`;
  const child = spawn(
    process.execPath,
    ["tests/integration/queue/chaosEngine.ts", cloud.api, cloud.engineKeyFile, name],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  engines.set(name, child);
}

/** One thing after the other, until there is nothing left to disturb. */
async function makeTrouble(isOver: () => boolean): Promise<void> {
  const acts = [killAnEngine, killAWorker, freezeAnEngine, killTasks, freezeAWorker, freezeTasks];
  for (let turn = 0; !isOver() && turn < 12; turn++) {
    await pause(1_000);
    await acts[turn % acts.length]?.();
  }
}

async function killAnEngine(): Promise<void> {
  const [name, child] = [...engines][0] ?? [];
  if (name === undefined || child === undefined) return;
  child.kill("SIGKILL");
  engines.delete(name);
  startEngine();
}

async function freezeAnEngine(): Promise<void> {
  await freeze([...engines.values()].at(-1)?.pid);
}

async function freezeTasks(): Promise<void> {
  await freeze(cloud.pids().tasks);
}

async function freezeAWorker(): Promise<void> {
  await freeze(aWorker());
}

/** Stops a process for longer than a lease lasts, then lets it go on as if nothing had been. */
async function freeze(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGSTOP");
    await pause(FROZEN_MILLISECONDS);
    process.kill(pid, "SIGCONT");
  } catch {
    // it was gone already, or was ended meanwhile
  }
}

/** The stand-in comes back by itself, with the tasks it had. */
async function killTasks(): Promise<void> {
  const pid = cloud.pids().tasks;
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

async function killAWorker(): Promise<void> {
  const pid = aWorker();
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

/** A worker process of the functions emulator, whichever comes first. */
function aWorker(): number | undefined {
  return workersOf(cloud)[0];
}

/** Waits as long as jobs end one after the other: how many a machine does in a minute is not what is tested. */
async function allJobsEnded(): Promise<void> {
  let fewest = Number.POSITIVE_INFINITY;
  while (fewest > 0) {
    const before = fewest;
    await eventually(
      `fewer than ${before} open jobs`,
      async () => {
        fewest = Math.min(fewest, (await openJobs()) ?? fewest);
        return fewest < before;
      },
      STUCK_MILLISECONDS,
      ASK_MILLISECONDS,
    );
  }
}

/** @returns undefined when it can't be known */
async function openJobs(): Promise<number | undefined> {
  let open = 0;
  let cursor: string | null = null;
  do {
    const path: string = `/v1/jobs?limit=100${cursor === null ? "" : `&cursor=${cursor}`}`;
    const page = pageSchema.safeParse(await giver.call("GET", path).catch(() => undefined));
    if (!page.success) return undefined; // a worker was killed over this very question
    open += page.data.items.filter((job) =>
      ["awaiting_upload", "queued", "running"].includes(job.state),
    ).length;
    cursor = page.data.nextCursor;
  } while (cursor !== null);
  return open;
}
const pageSchema = z.object({
  items: z.array(jobSchema.pick({ state: true })),
  nextCursor: z.string().nullable(),
});

/** How many resources each of these jobs has. */
async function resourceRows(ids: readonly string[]): Promise<Map<string, number>> {
  const client = new pg.Client(cloud.postgres);
  await client.connect();
  try {
    const { rows } = await client.query<{ job_id: string; count: number }>(
      "SELECT job_id, count(*)::int AS count FROM resources WHERE job_id = ANY($1) GROUP BY job_id",
      [ids],
    );
    return new Map(rows.map((row) => [row.job_id, row.count]));
  } finally {
    await client.end();
  }
}
