/** One video is followed by its trace id through the logs of every function it touches. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { z } from "zod";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { type TestCloud, testCloud } from "#local/testing/backends.ts";
import { withTrace } from "#shared/platform/trace.ts";
import { spawnEngine } from "#tests/acceptance/engineProcess.ts";
import { eventually, mp4 } from "#tests/acceptance/tools.ts";

const lineSchema = z.object({
  event: z.string(),
  severity: z.string(),
  function: z.string().optional(),
  engineId: z.string().optional(),
  "logging.googleapis.com/trace": z.string().optional(),
});
type Line = z.infer<typeof lineSchema>;

let cloud: TestCloud;

before(async () => {
  cloud = await testCloud();
});

/** The JSON lines of the functions and of the engine; the emulator writes something of its own before each. */
async function loggedLines(): Promise<Line[]> {
  const texts = await Promise.all(
    ["firebase.log", "engine-traced.log"].map((name) => readFile(join(cloud.dataDir, "logs", name), "utf8")),
  );
  return texts
    .join("\n")
    .split("\n")
    .flatMap((line) => {
      const json = /\{".*\}/.exec(line)?.[0];
      if (json === undefined) return [];
      try {
        return lineSchema.safeParse(JSON.parse(json)).data ?? [];
      } catch {
        return []; // half a line: the file is being written
      }
    });
}

test("one trace id is in the logs of each function that a video touches", async () => {
  const run = randomBytes(4).toString("hex");
  const [giver, recipient] = await Promise.all([
    Phone.signIn(cloud, { email: `trace-giver-${run}@example.com` }),
    Phone.signIn(cloud, { email: `trace-recipient-${run}@example.com` }),
  ]);
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient")]);
  await giver.confirm(await giver.invite(recipient.email), await mailedCode(cloud.mail, recipient.email));
  const device = { platform: "android", pushToken: `token-${run}` };
  await recipient.call("PUT", `/v1/devices/phone-${run}`, { body: device });

  const engine = await spawnEngine(cloud, {
    id: "traced",
    logFile: join(cloud.dataDir, "logs", "engine-traced.log"),
  });
  const trace = randomBytes(16).toString("hex");
  try {
    const job = await withTrace(trace, async () => {
      const video = await giver.upload(await mp4(), "video/mp4");
      const submitted = {
        kind: "scene",
        title: "The sea",
        params: { location: "outdoor" },
        inputs: { video },
      };
      return giver.submit(submitted);
    });
    await eventually("the push message", async () => {
      const answer = await fetch(`${cloud.push}/messages?token=${device.pushToken}`);
      return JSON.stringify(await answer.json()).includes(job.id);
    });
  } finally {
    await engine.stop();
  }

  const expected = ["uploads", "ingest", "jobs", "dispatch", "engine", "sync", "notify", "the engine itself"];
  let ofTrace: Line[] = [];
  const touched = () =>
    new Set(ofTrace.map((line) => line.function ?? (line.engineId && "the engine itself")));
  await eventually("the last log line", async () => {
    ofTrace = (await loggedLines()).filter((line) => line["logging.googleapis.com/trace"]?.endsWith(trace));
    return expected.every((name) => touched().has(name));
  });
  assert.deepEqual([...touched()].sort(), [...expected].sort());
  for (const { function: name, "logging.googleapis.com/trace": field } of ofTrace) {
    if (name !== undefined) assert.equal(field, `projects/${cloud.projectId}/traces/${trace}`);
  }
  const events = new Set(ofTrace.map((line) => line.event));
  for (const event of ["job_submitted", "job_leased", "lease_taken", "job_succeeded", "result_synced"])
    assert.ok(events.has(event), event);
});
