/** A built function under functions-framework gets bodies as large as Cloud Run lets through, as many at once as it serves. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { functionEnvironments } from "#local/cloud/functionSettings.ts";
import { planCloud } from "#local/cloud/plan.ts";
import { loadSecrets } from "#local/cloud/secrets.ts";
import { freePort, isFree } from "#local/processes/ports.ts";
import type { Running } from "#local/processes/run.ts";
import { openTestRun } from "#local/testing/start.ts";
import { functions } from "#shared/manifest.ts";
import { buildFunctions, ROOT } from "#tools/build/functions.ts";

const MIB = 1024 * 1024;
const NO_PROC = existsSync("/proc/self/status") ? false : "not on this machine: /proc";
const { run, dir } = openTestRun();
let port: number;
let instance: Running;
before(async () => {
  await buildFunctions(dir, ["jobs"]);
  port = await freePort();
  const plan = planCloud({ portBase: 8700, dataDir: dir, fresh: false, engine: false });
  const secrets = loadSecrets(plan.files.keys);
  const environments = functionEnvironments(plan, secrets, "postgres://owner:secret@127.0.0.1:1/none", [
    "jobs",
  ]);
  instance = await run.start({
    name: "jobs",
    command: process.execPath,
    args: [
      join(ROOT, "node_modules/@google-cloud/functions-framework/build/src/main.js"),
      ...["--source", join(dir, "jobs"), "--target", "jobs", "--port", String(port)],
    ],
    env: { ...environments.jobs, NODE_PATH: join(ROOT, "node_modules") },
  });
  await run.waitUntil(instance, async () => !(await isFree(port)), 60_000);
});
after(() => run.stop());

/** The most memory that the instance has had, in MiB. */
function peakMiB(): number {
  const status = readFileSync(`/proc/${instance.pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** Sends 32 MiB but for the last one, for as long as the instance takes them. @returns the status of the answer, which doesn't wait for the end */
function send(headers: Record<string, string>): Promise<number | undefined> {
  const block = Buffer.alloc(MIB, "x");
  return new Promise((resolve, reject) => {
    let left = 32;
    const sending = request(
      { port, method: "POST", path: "/v1/jobs", headers: { "content-type": "application/json", ...headers } },
      (response) => {
        resolve(response.statusCode);
        response.resume();
        sending.destroy();
      },
    );
    sending.on("error", reject);
    const more = () => {
      while (left > 1) {
        left -= 1;
        if (!sending.write(block)) return void sending.once("drain", more);
      }
    };
    more();
  });
}

for (const [what, headers] of [
  ["declared", { "content-length": String(32 * MIB) }],
  ["in chunks", {}],
] as const) {
  test(`80 bodies of 32 MiB, ${what}: 413 before they end, in little memory`, { skip: NO_PROC }, async () => {
    const before = peakMiB();
    const statuses = await Promise.all(
      Array.from({ length: functions.jobs.concurrency }, () => send(headers)),
    );
    assert.deepEqual(new Set(statuses), new Set([413]));
    const peak = peakMiB();
    // Unread they are 2.5 GiB; read up to the limit they are 20 MiB, beside what sockets buffer.
    assert.ok(peak < functions.jobs.memoryMiB, `${peak} MiB, ${before} MiB before`);
  });
}
