/** Sets of files as real engines make them: from the lease to the library, under their own names; and what is refused, by name. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { announceOutputs } from "#functions/engine/announceOutputs.ts";
import { type Completion, completeJob } from "#functions/engine/completeJob.ts";
import { heldLease } from "#functions/engine/heldLease.ts";
import { getResource } from "#functions/library/getResource.ts";
import { createFileSigner } from "#functions/library/signedFiles.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import type { FileRole } from "#shared/kinds/kind.ts";
import { ReverieError } from "#shared/platform/errors.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
import { resourceIdOf } from "#shared/results/resultDocument.ts";
import { resultObject } from "#shared/results/resultObject.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { type QueueHarness, queueHarness } from "../queue/harness.ts";
import { type Family, family } from "./harness.ts";

let queue: QueueHarness;
let backend: TestDatabase;
let db: Database;
let home: Family;
before(async () => {
  [queue, backend] = await Promise.all([queueHarness(), testDatabase()]);
  db = backend.as("sync", 2);
  home = await family({ backend });
});
after(async () => {
  await Promise.all([queue.backend.drop(), backend.drop()]);
});

interface Made {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly role?: FileRole;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");
const json = (name: string): Made => ({ name, contentType: "application/json", bytes: latin1('{"a": [1]}') });
const png = (name: string): Made => ({ name, contentType: "image/png", bytes: latin1("\x89PNG\r\n\x1a\n…") });
const glb = (name: string): Made => ({
  name,
  contentType: "model/gltf-binary",
  bytes: latin1("glTF\x02\0\0\0"),
});
const bytes = (name: string, start: Buffer): Made => ({
  name,
  contentType: "application/octet-stream",
  bytes: start,
});
const poster: Made = { name: "poster.jpg", contentType: "image/jpeg", bytes: latin1("\xff\xd8\xff\xe0") };

/** A job of the kind, leased. */
async function leased(kind: string): Promise<string> {
  const spaceId = home.spaceId;
  const photo = { generation: "1", size: 1, crc32c: "AAAAAA==", contentType: "image/jpeg" };
  const inputs =
    kind === "scene"
      ? { video: await queue.upload({ spaceId }) }
      : {
          face: await queue.upload({ spaceId, contentType: "image/jpeg", received: photo }),
          body: await queue.upload({ spaceId, contentType: "image/jpeg", received: photo }),
        };
  await queue.submit({ spaceId, userId: home.giverId, body: { kind, inputs } });
  const [lease] = await queue.lease({ kinds: [kind] });
  return lease?.leaseId ?? assert.fail("nothing was leased");
}

/** Announces the files, puts them into the bucket and completes with them. */
async function delivered(
  kind: string,
  files: readonly Made[],
  change: (completion: Completion) => Completion = (c) => c,
) {
  const leaseId = await leased(kind);
  const announced = files.map(({ name, contentType, bytes }) => ({ name, contentType, size: bytes.length }));
  const signed = await announceOutputs(
    await heldLease(leaseId, "outputs", queue.firestore),
    announced,
    queue.deps,
  );
  assert.deepEqual(
    signed.map(({ name }) => name),
    files.map(({ name }) => name),
  );
  const lease = await heldLease(leaseId, "complete", queue.firestore);
  const completed = files.map(({ name, contentType, bytes, role }) => {
    const object = resultObject({ ...lease.job, jobId: lease.jobId }, name);
    const { crc32c } = queue.resources.put(object, bytes, contentType);
    return { name, crc32c, role };
  });
  return completeJob(lease, change({ files: completed }), queue.deps);
}

const sets: readonly (readonly [kind: string, files: readonly Made[]])[] = [
  [
    "scene",
    [
      glb("scene_1.glb"),
      json("scene_1.json"),
      json("scene_1_mlp.json"),
      ...[0, 1, 2, 3].flatMap((n) => [0, 1].map((half) => png(`scene_1_shape${n}.pngfeat${half}.png`))),
    ],
  ],
  ["avatar", [bytes("avatar_1.fbx", latin1("Kaydara FBX Binary  \0\x1a\0")), json("avatar_1.json")]],
  ["scene", [bytes("정원 100%.spz", gzipSync(latin1("NGSP\x02\0\0\0"))), poster]],
  ["scene", [bytes("a splat.ply", latin1("ply\nformat binary_little_endian 1.0\n"))]],
  ["scene", [bytes("#1?.ksplat", Buffer.alloc(64)), { ...glb("floor.glb"), role: "companion" }]],
  ["scene", [{ ...bytes("b.splat", Buffer.alloc(32)), role: "model" }, bytes("a.splat", Buffer.alloc(32))]],
  ["scene", [bytes("room.sog", latin1("PK\x03\x04"))]],
];

test("sets go from the lease to the library, under their own names, with roles", async () => {
  const signer = createFileSigner(
    createReadUrls(queue.resources, queue.deps.clock, silentLogger),
    queue.deps.clock,
  );
  const sync = {
    ...queue.deps,
    db,
    objects: queue.resources,
    publish: async () => {},
    raiseFeeds: async () => {},
  };
  for (const [kind, files] of sets) {
    const { jobId } = await delivered(kind, files);
    assert.equal(await syncResult(jobId, sync), "synced");
    const { resource } = await getResource(
      { userId: home.recipientId, id: resourceIdOf(jobId) },
      { db: backend.as("library"), signer },
    );
    const shown = new Map(resource.files.map((file) => [file.name, file]));
    assert.deepEqual([...shown.keys()].sort(), files.map(({ name }) => name).sort());
    for (const { name, contentType, bytes } of files) {
      const file = shown.get(name);
      assert.deepEqual([file?.contentType, file?.size], [contentType, bytes.length]);
    }
    const model = resource.files.filter(({ role }) => role === "model").map(({ name }) => name);
    assert.deepEqual(model, [files[0]?.name]);
    assert.deepEqual(shown.get("poster.jpg")?.role, files.includes(poster) ? "poster" : undefined);
    assert.equal(await syncResult(jobId, sync), "unchanged");
  }
});

const without = (name: string) => (completion: Completion) => ({
  files: completion.files.filter((file) => file.name !== name),
});
const twice = (name: string) => (completion: Completion) => ({
  files: [...completion.files, ...completion.files.filter((file) => file.name === name)],
});

test("a missing, doubled or wrongly typed file is refused at complete, by its name", async () => {
  const set = [glb("a.glb"), json("a.json"), png("a.png")];
  type Case = readonly [
    code: string,
    named: string,
    files: readonly Made[],
    change?: (completion: Completion) => Completion,
  ];
  const cases: readonly Case[] = [
    ["output_missing", "the model", set, without("a.glb")],
    [
      "output_missing",
      "never.png",
      set,
      (c) => ({ files: [...c.files, { name: "never.png", crc32c: "AAAAAA==" }] }),
    ],
    [
      "output_missing",
      "a.png",
      set,
      (c) => ({
        files: c.files.map((file) => ({ ...file, crc32c: file.name === "a.png" ? "B" : file.crc32c })),
      }),
    ],
    ["outputs_rejected", "a.png", set, twice("a.png")],
    ["outputs_rejected", "a.glb, b.glb", [...set, glb("b.glb")]],
    [
      "outputs_rejected",
      "a.glb, b.glb",
      [
        { ...glb("a.glb"), role: "model" },
        { ...glb("b.glb"), role: "model" },
      ],
    ],
    ["outputs_rejected", "a.json", [glb("a.glb"), { ...json("a.json"), bytes: latin1("{a: 1}") }]],
    ["outputs_rejected", "a.glb", [{ ...glb("a.glb"), bytes: latin1("<html><script>") }]],
    ["outputs_rejected", "b.png", [glb("a.glb"), { ...png("b.png"), bytes: latin1("GIF89a") }]],
    ["outputs_rejected", "poster.jpg", [glb("a.glb"), { ...poster, bytes: latin1("\x89PNG\r\n\x1a\n") }]],
    ["outputs_rejected", "a.ply", [bytes("a.ply", latin1("plain text"))]],
    ["outputs_rejected", "a.spz", [bytes("a.spz", gzipSync(latin1("a tar")))]],
    ["outputs_rejected", "b.png", [glb("a.glb"), { ...png("b.png"), role: "model" }]],
    [
      "outputs_rejected",
      "a.json: can't be the model",
      [{ ...json("a.json"), role: "model" }, json("b.json")],
    ],
    ["outputs_rejected", "64.png", [glb("a.glb"), ...Array.from({ length: 65 }, (_, n) => png(`${n}.png`))]],
  ];
  for (const [code, named, files, change] of cases) {
    await assert.rejects(delivered("scene", files, change), (error) => {
      assert.ok(error instanceof ReverieError, String(error));
      assert.equal(error.code, code, named);
      assert.ok(
        error.issues.some(({ message }) => message.includes(named)),
        JSON.stringify(error.issues),
      );
      return true;
    });
  }
});

test("announcements at the same moment under one lease have 132 names in all at most", async () => {
  const leaseId = await leased("scene");
  const lease = await heldLease(leaseId, "outputs", queue.firestore);
  const announced = (round: number) =>
    Array.from({ length: 66 }, (_, n) => ({ name: `${round}.${n}.png`, contentType: "image/png", size: 1 }));
  const answers = await Promise.allSettled(
    Array.from({ length: 6 }, (_, round) => announceOutputs(lease, announced(round), queue.deps)),
  );
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 2);
  const { job } = await heldLease(leaseId, "outputs", queue.firestore);
  assert.equal(Object.keys(job.lease?.outputs ?? {}).length, 132);
});

test("an oversized, unknown or hostile file is refused when announced, by its name", async () => {
  const leaseId = await leased("scene");
  const lease = await heldLease(leaseId, "outputs", queue.firestore);
  const announce = (...files: { name: string; contentType?: string; size?: number }[]) =>
    announceOutputs(
      lease,
      files.map((file) => ({ contentType: "image/png", size: 1, ...file })),
      queue.deps,
    );
  for (const [files, named] of [
    [[{ name: "large.png", size: 512 * 1024 * 1024 + 1 }], "large.png"],
    [[{ name: "scene.obj" }], "scene.obj"],
    [[{ name: "a.png", contentType: "text/html" }], "a.png"],
    [[{ name: "a.png" }, { name: "A.PNG" }], "A.PNG"],
    [[{ name: "../a.png" }], "../a.png"],
    [[{ name: "a\u202egnp.png" }], "a\\u{202e}gnp.png"],
    [[{ name: `${"x".repeat(117)}.png` }], "xxx"],
  ] as const) {
    await assert.rejects(announce(...files), (error) => {
      assert.ok(error instanceof ReverieError && error.code === "invalid_request", String(error));
      return error.issues.some(({ message }) => message.includes(named));
    });
  }
  for (let round = 0; round < 2; round++) {
    await announce(...Array.from({ length: 66 }, (_, n) => ({ name: `${round}.${n}.png` })));
  }
  await assert.rejects(announce({ name: "more.png" }), /132 names/);
  await announce({ name: "0.0.png" });
});
