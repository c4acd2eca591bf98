import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { eventually, openWorker } from "../tasks/harness.ts";
import { type SchedulerOptions, startScheduler } from "./scheduler.ts";

const serviceAccountEmail = "scheduler@reverie-test.iam.gserviceaccount.com";

function open(t: TestContext, options: Partial<SchedulerOptions>) {
  const log: string[] = [];
  const scheduler = startScheduler({
    jobs: [],
    mintIdToken: async (email, audience) => `${email} for ${audience}`,
    log: (event, { job, result }) => log.push(`${event} ${job}: ${result}`),
    ...options,
  });
  t.after(() => scheduler.close());
  return { scheduler, log };
}

test("each job posts at its own pace, with its ID token and Cloud Scheduler's headers", async (t) => {
  const worker = await openWorker(t);
  const start = Date.now();
  const { log } = open(t, {
    jobs: [
      { name: "sweep", everySeconds: 0.1, url: `${worker.url}/sweep`, serviceAccountEmail },
      {
        name: "hourly",
        everySeconds: 3600,
        url: `${worker.url}/hourly`,
        serviceAccountEmail,
        audience: "us",
      },
      { name: "other", everySeconds: 0.1, url: `${worker.url}/other`, serviceAccountEmail, audience: "us" },
    ],
  });
  const [first, , third] = await eventually("three sweeps", () => {
    const sweeps = worker.received.filter(({ path }) => path === "/sweep");
    return sweeps.length >= 3 && sweeps;
  });
  assert.equal(first?.method, "POST");
  const scheduledAt = Date.parse(String(first?.headers["x-cloudscheduler-scheduletime"]));
  assert.ok(scheduledAt >= start + 100 && scheduledAt <= (first?.at ?? 0));
  assert.ok((third?.at ?? 0) - start >= 300);
  const { host, "x-cloudscheduler-scheduletime": time, ...headers } = first?.headers ?? {};
  assert.deepEqual(headers, {
    authorization: `Bearer ${serviceAccountEmail} for ${worker.url}/sweep`,
    connection: "close",
    "content-length": "0",
    "user-agent": "Google-Cloud-Scheduler",
    "x-cloudscheduler": "true",
    "x-cloudscheduler-jobname": "sweep",
  });
  await eventually("the other job", () => worker.received.find(({ path }) => path === "/other"));
  const other = worker.received.find(({ path }) => path === "/other");
  assert.equal(other?.headers.authorization, `Bearer ${serviceAccountEmail} for us`);
  assert.ok(!worker.paths().includes("/hourly"));
  assert.ok(log.includes("scheduled_run_done sweep: HTTP status code 200"));
});

test("a job never overlaps itself, however long it takes; another job isn't held up", async (t) => {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let openSlow = 0;
  const worker = await openWorker(t, ({ path }) => {
    if (path === "/slow") openSlow += 1;
    return path === "/slow" ? { when: answered } : undefined;
  });
  open(t, {
    jobs: [
      { name: "slow", everySeconds: 0.02, url: `${worker.url}/slow`, serviceAccountEmail },
      { name: "quick", everySeconds: 0.02, url: `${worker.url}/quick`, serviceAccountEmail },
    ],
  });
  await eventually("quick runs", () => worker.paths().filter((path) => path === "/quick").length >= 10);
  assert.equal(openSlow, 1);
  answer();
  await eventually("slow again", () => openSlow >= 2);
});

test("a refusal, a missing token, no connection and no answer in time don't end a job", async (t) => {
  const worker = await openWorker(
    t,
    (_, { received }) => [{ status: 500 }, { when: new Promise(() => {}) }][received.length - 1],
  );
  let asked = 0;
  const mintIdToken = async () => {
    asked += 1;
    if (asked === 1) throw new Error("identity is away");
    return "token";
  };
  const job = { name: "sweep", everySeconds: 0.05, url: worker.url, serviceAccountEmail };
  const { log } = open(t, { jobs: [{ ...job, attemptDeadlineSeconds: 1 }], mintIdToken });
  await eventually("a run that is done", () => log.some((line) => line.startsWith("scheduled_run_done")));
  assert.deepEqual(log.slice(0, 3), [
    "scheduled_run_failed sweep: no ID token: identity is away",
    "scheduled_run_failed sweep: HTTP status code 500",
    "scheduled_run_failed sweep: no answer within 1000 ms",
  ]);
  const away = { ...job, url: "http://127.0.0.1:1/" };
  const { log: awayLog } = open(t, { jobs: [away] });
  await eventually("two refused runs", () => awayLog.length >= 2);
  assert.ok(awayLog.every((line) => line.startsWith("scheduled_run_failed sweep:")));
});

test("a job with a cron expression runs at its times, by the clock that is handed in", async (t) => {
  const worker = await openWorker(t);
  let now = Date.parse("2026-03-01T10:14:59.950Z");
  const clock = () => new Date(now++);
  const job = { cron: "*/15 * * * *", url: worker.url, serviceAccountEmail };
  const { log } = open(t, {
    jobs: [
      { ...job, name: "slow" },
      { ...job, name: "nightly", cron: "0 3 * * *" },
    ],
    clock,
  });
  await eventually("a run", () => log.length > 0);
  assert.deepEqual(log, ["scheduled_run_done slow: HTTP status code 200"]);
  assert.equal(worker.received[0]?.headers["x-cloudscheduler-scheduletime"], "2026-03-01T10:15:00.000Z");
});

test("closing ends a run under way and starts no other", async (t) => {
  const worker = await openWorker(t, () => ({ when: new Promise(() => {}) }));
  const job = { name: "sweep", everySeconds: 0.02, url: worker.url, serviceAccountEmail };
  const { scheduler, log } = open(t, { jobs: [job] });
  await eventually("under way", () => worker.received.length === 1);
  await scheduler.close();
  assert.deepEqual(log, []);
  assert.equal(worker.received.length, 1);
});

test("a job that isn't well-formed is refused", () => {
  const mintIdToken = async () => "token";
  const job = { name: "sweep", everySeconds: 60, url: "http://127.0.0.1:1/", serviceAccountEmail };
  for (const wrong of [
    { everySeconds: 0 },
    { cron: "* * * * *" },
    { attemptDeadlineSeconds: 1801 },
    { url: "sweep" },
    { url: "file:///" },
    { name: "a b" },
  ])
    assert.throws(() => startScheduler({ jobs: [{ ...job, ...wrong }], mintIdToken }), JSON.stringify(wrong));
});
