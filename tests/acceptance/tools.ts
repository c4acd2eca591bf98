/** What journeys share: small real files, an engine's moves by hand, and waiting for a condition. */

import { mkdtempSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineClient, Lease, OutputFile } from "#engine/kit/client.ts";
import { Crc32c } from "#engine/kit/crc32c.ts";
import { makeDemoPhotos, makeDemoVideo } from "#local/demo/video.ts";

const scratch = mkdtempSync(join(tmpdir(), "reverie-journey-"));
let video: Promise<string> | undefined;
let photo: Promise<string> | undefined;

/** A short real video; made once. */
export function mp4(): Promise<string> {
  const path = join(scratch, "walk.mp4");
  video ??= makeDemoVideo(path, { seconds: 2, width: 320, height: 180 }).then(() => path);
  return video;
}

/** A real photo; made once. */
export function jpeg(): Promise<string> {
  photo ??= makeDemoPhotos(scratch).then(({ face }) => face);
  return photo;
}

/** A text file that calls itself a video. */
export async function textCalledMp4(): Promise<string> {
  const path = join(scratch, "letter.mp4");
  await writeFile(path, "Dear grandmother, this is only a letter.".repeat(20));
  return path;
}

/** Waits until `holds` says true; the deadline only ends a test that would never end. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  deadlineMilliseconds = 60_000,
  betweenMilliseconds = 100,
): Promise<void> {
  const deadline = Date.now() + deadlineMilliseconds;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMilliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, betweenMilliseconds));
  }
}

/** Bytes that stand for a model: only the engine decides what they are; the gateway doesn't look. */
export const GLB = Buffer.from("glTF\u0002\u0000\u0000\u0000 as good as any");

export function crc32c(bytes: Buffer): string {
  return new Crc32c().update(bytes).base64();
}

/** Leases until this job comes, giving back what else is in line; the journey has the engine's place to itself. */
export async function leaseJob(
  engine: EngineClient,
  kind: string,
  jobId: string,
  { leaseSeconds = 60, engineId = "by-hand" } = {},
): Promise<Lease> {
  let found: Lease | undefined;
  await eventually(`job ${jobId} can be leased`, async () => {
    const leases = await engine.lease({ engineId, kinds: [kind], max: 1, leaseSeconds }, crypto.randomUUID());
    for (const lease of leases) {
      if (lease.job.id === jobId) found = lease;
      else await engine.release(lease.leaseId);
    }
    return found !== undefined;
  });
  if (!found) throw new Error("no lease");
  return found;
}

/** Announces and uploads one file. */
export async function deliver(
  engine: EngineClient,
  leaseId: string,
  file: OutputFile,
  bytes: Buffer,
): Promise<void> {
  const [upload] = await engine.outputs(leaseId, [file]);
  if (!upload) throw new Error("no URL for the output");
  const response = await fetch(upload.url, {
    method: upload.method,
    headers: upload.headers,
    body: new Uint8Array(bytes),
  });
  if (!response.ok) throw new Error(`the output was refused: ${response.status} ${await response.text()}`);
}

/** Does a whole job by hand; gives the id of the lease it was done with. */
export async function completeNext(
  engine: EngineClient,
  kind: "scene" | "avatar",
  jobId: string,
): Promise<string> {
  const lease = await leaseJob(engine, kind, jobId);
  const name = `${kind}.glb`;
  await deliver(engine, lease.leaseId, { name, contentType: "model/gltf-binary", size: GLB.length }, GLB);
  await engine.complete(lease.leaseId, { files: [{ name, crc32c: crc32c(GLB) }] });
  return lease.leaseId;
}
