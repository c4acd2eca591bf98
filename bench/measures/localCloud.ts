/** The local cloud: how long until it is ready, and until a result that an engine completes is in the library. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { EngineClient } from "#engine/kit/client.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { startTestCloud, waitUntilReady } from "#local/testing/cloud.ts";
import { openTestRun } from "#local/testing/start.ts";
import { crc32c, deliver, GLB, leaseJob, mp4 } from "#tests/acceptance/tools.ts";
import { cachedBundles } from "#tools/build/cachedBundles.ts";
import { type Measure, type Measured, median, quantile, type Row, rounded } from "./measure.ts";

const READY_SECONDS = 10;
const VISIBLE_SECONDS = 0.5;
const VIDEOS = 10;
const ASK_MS = 5;

const endpointsSchema = z.object({
  api: z.url(),
  identity: z.url(),
  mail: z.url(),
  engineKeyFile: z.string(),
});

/** @param rounds a cloud is started in each */
export function localCloud(rounds: number): Measure {
  return { name: "localCloud", runAlone: async () => measureClouds(rounds) };
}

/** What one cloud took, in seconds. */
interface Took {
  readonly ready: number;
  /** Each video's, from the engine's call to the first answer that shows the resource. */
  readonly visible: readonly number[];
}

async function measureClouds(rounds: number): Promise<Measured> {
  await cachedBundles();
  const clouds: Took[] = [];
  for (let round = 0; round < rounds; round++) clouds.push(await measureCloud());
  return {
    title: "The local cloud",
    reference: "the longest that it should take",
    says: `Time from the start of \`npm start\`, with bundles that were made before, until it answers; and from an engine's call \`complete\` until \`GET /v1/resources/{id}\` answers 200, by Firestore's event and \`sync\`. As a share of ${READY_SECONDS} s and of ${VISIBLE_SECONDS} s.`,
    rows: [
      rowOf(
        "ready",
        READY_SECONDS,
        clouds.map(({ ready }) => ready),
      ),
      rowOf(
        "complete to visible, the first video",
        VISIBLE_SECONDS,
        clouds.flatMap(({ visible }) => visible.slice(0, 1)),
      ),
      rowOf(
        "complete to visible, those after it",
        VISIBLE_SECONDS,
        clouds.flatMap(({ visible }) => visible.slice(1)),
      ),
    ],
  };
}

function rowOf(name: string, mostSeconds: number, seconds: readonly number[]): Row {
  const shares = seconds.map((one) => one / mostSeconds);
  return {
    name,
    ratio: rounded(median(shares)),
    spread: [rounded(quantile(shares, 0.1)), rounded(quantile(shares, 0.9))],
    goal: { atMost: 1 },
    also: { seconds: rounded(median(seconds)) },
  };
}

async function measureCloud(): Promise<Took> {
  const { run, dir } = openTestRun();
  try {
    const begun = performance.now();
    const { endpointsFile } = await startTestCloud(run, dir);
    await waitUntilReady(endpointsFile);
    const ready = secondsSince(begun);
    const endpoints = endpointsSchema.parse(JSON.parse(readFileSync(endpointsFile, "utf8")));
    const giver = await giverOfGroup(endpoints);
    const tokens = serviceAccountTokens({
      keyFile: endpoints.engineKeyFile,
      audience: endpoints.api,
      clock: () => new Date(),
    });
    const engine = new EngineClient(endpoints.api, tokens);
    const upload = await giver.upload(await mp4(), "video/mp4");
    const visible: number[] = [];
    for (let video = 0; video < VIDEOS; video++) visible.push(await untilVisible(giver, engine, upload));
    return { ready, visible };
  } finally {
    await run.stop();
  }
}

async function giverOfGroup(endpoints: z.infer<typeof endpointsSchema>): Promise<Phone> {
  const name = randomBytes(4).toString("hex");
  const giver = await Phone.signIn(endpoints, { email: `giver-${name}@example.com` });
  const recipient = await Phone.signIn(endpoints, { email: `recipient-${name}@example.com` });
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient")]);
  const invitation = await giver.invite(recipient.email);
  await giver.confirm(invitation, await mailedCode(endpoints.mail, recipient.email));
  return giver;
}

/** Has a job done by hand, and waits for its resource. */
async function untilVisible(giver: Phone, engine: EngineClient, upload: string): Promise<number> {
  const job = await giver.submit({ kind: "scene", title: "The sea", params: {}, inputs: { video: upload } });
  const { leaseId } = await leaseJob(engine, "scene", job.id);
  const file = { name: "scene.glb", contentType: "model/gltf-binary", size: GLB.length };
  await deliver(engine, leaseId, file, GLB);
  const begun = performance.now();
  await engine.complete(leaseId, { files: [{ name: file.name, crc32c: crc32c(GLB) }] });
  const { resourceId } = await giver.job(job.id);
  if (typeof resourceId !== "string") throw new Error("the job that was completed names no resource");
  while ((await giver.resource(resourceId)) === undefined) await pause(ASK_MS);
  return secondsSince(begun);
}

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000;
}
