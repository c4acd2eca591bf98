/** Results for `sync`: documents as an engine completes them, with their files, written past all functions. */
import pMap from "p-map";
import { z } from "zod";
import { randomId } from "#shared/platform/ids.ts";
import type { Result } from "#shared/results/resultDocument.ts";
import type { World } from "./world.ts";

/** Writes of a batch, the most that Firestore takes. */
const BATCH = 500;
const UPLOADS_AT_ONCE = 16;

const objectSchema = z.object({ generation: z.string(), crc32c: z.string(), size: z.string() });

/** Makes results of one model file each, in different spaces. @returns their jobs' ids */
export async function makeResults(world: World, spaces: readonly string[], count: number): Promise<string[]> {
  const token = await world.ownerToken();
  const ids = Array.from({ length: count }, randomId);
  const results = await pMap(
    ids,
    async (jobId, index): Promise<Result> => {
      const spaceId = spaces[index % spaces.length] ?? "";
      const object = `spaces/${spaceId}/jobs/${jobId}/1/scene.glb`;
      const stored = await upload(world, token, object);
      return {
        jobId,
        kind: "scene",
        spaceId,
        createdBy: world.subjects.person.userId,
        title: "Grandmother's kitchen in the old house",
        params: { location: "indoor" },
        files: [{ name: "scene.glb", role: "model", object, contentType: "model/gltf-binary", ...stored }],
        data: { panels: 3 },
        leaseNumber: 1,
        completedAt: new Date(),
      };
    },
    { concurrency: UPLOADS_AT_ONCE },
  );
  for (let from = 0; from < results.length; from += BATCH) {
    const batch = world.firestore.batch();
    for (const result of results.slice(from, from + BATCH))
      batch.set(world.firestore.doc(`results/${result.jobId}`), result);
    await batch.commit();
  }
  return ids;
}

async function upload(
  { storageUrl, resourcesBucket }: World,
  token: string,
  object: string,
): Promise<{ generation: string; crc32c: string; size: number }> {
  const contentType = "model/gltf-binary";
  const parts = [
    ["application/json", JSON.stringify({ name: object, contentType })],
    [contentType, object],
  ];
  const body = parts.map(([type, text]) => `--part\r\ncontent-type: ${type}\r\n\r\n${text}\r\n`).join("");
  const response = await fetch(
    `${storageUrl}/upload/storage/v1/b/${resourcesBucket}/o?uploadType=multipart`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "multipart/related; boundary=part" },
      body: `${body}--part--\r\n`,
    },
  );
  if (!response.ok) throw new Error(`the storage stand-in answered ${response.status}`);
  const { generation, crc32c, size } = objectSchema.parse(await response.json());
  return { generation, crc32c, size: Number(size) };
}
