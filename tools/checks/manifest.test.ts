import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { LIMITS } from "#functions/outbound/limits.ts";
import {
  connectionsForFunctions,
  DATABASE,
  type FunctionManifest,
  functions,
  MEMORY,
} from "#shared/manifest.ts";
import { secretSettings, settingSchemas } from "#shared/platform/config/settings.ts";
import { queues } from "#shared/platform/tasks/queues.ts";
import { actualFirebaseJson, expectedFirebaseJson, rewriteFor } from "../build/firebaseJson.ts";
import { ROOT } from "../build/functions.ts";
import { openApiDocument } from "../build/openapi.ts";

test("firebase.json is what the manifest says (npm run rewrites writes it)", () => {
  assert.deepEqual(JSON.parse(actualFirebaseJson()), JSON.parse(expectedFirebaseJson()));
});

test("two revisions at full size leave connections for migrations and people", () => {
  const most = Object.values(functions).reduce(
    (sum, { maxInstances, sqlPool }) => sum + maxInstances * sqlPool,
    0,
  );
  const accepted = connectionsForFunctions();
  assert.ok(most <= accepted, `${most} connections of one revision, ${accepted} are for it`);
  assert.ok(DATABASE.revisions * accepted + DATABASE.kept.migrations <= DATABASE.maxConnections);
});

test("who serves several requests at once has a whole processor, as Cloud Run asks", () => {
  const entries: Record<string, FunctionManifest> = functions;
  for (const [name, { concurrency, cpu }] of Object.entries(entries))
    assert.ok(concurrency === 1 || cpu >= 1, name);
});

test("Cloud Run starts another instance of streams before one refuses a stream", () => {
  const { concurrency } = functions.streams;
  const atOnce = settingSchemas.STREAMS_PER_INSTANCE.parse(undefined);
  assert.ok(0.6 * concurrency < atOnce && atOnce < concurrency);
});

test("each function's memory is the least that holds its measured peak with headroom", () => {
  const file = join(ROOT, "bench/results.json");
  const { memory, sessionAnalysis: largestSession } = z
    .object({
      sessionAnalysis: z.object({ rows: z.array(z.object({ also: z.object({ "peak MiB": z.number() }) })) }),
      memory: z.object({ data: z.record(z.string(), z.object({ peakMiB: z.number().positive() })) }),
    })
    .parse(JSON.parse(readFileSync(file, "utf8")));
  assert.deepEqual(Object.keys(memory.data).sort(), Object.keys(functions).sort());
  for (const [name, { memoryMiB }] of Object.entries(functions)) {
    const peaks = [memory.data[name]?.peakMiB ?? Number.POSITIVE_INFINITY];
    if (name === "workshop") peaks.push(...largestSession.rows.map(({ also }) => also["peak MiB"]));
    const wanted = MEMORY.headroom * Math.max(...peaks);
    const sizes = [MEMORY.leastMiB, 2 * MEMORY.leastMiB];
    const least = sizes.find((size) => size >= wanted);
    assert.equal(memoryMiB, least, `${name}: ${memoryMiB} MiB, ${wanted} are wanted`);
  }
});

test("each secret is read by some function", () => {
  const read = new Set<string>(Object.values(functions).flatMap(({ settings }) => settings));
  assert.deepEqual(
    [...secretSettings].filter((secret) => !read.has(secret)),
    [],
  );
});

test("only what is behind the one origin is open to anyone, and events are private", () => {
  for (const [name, { trigger, invoker }] of Object.entries(functions)) {
    const hasPaths = trigger.type === "http" && trigger.paths.length > 0;
    assert.equal(invoker === "public", hasPaths, name);
    assert.equal(invoker === "events", trigger.type !== "http", name);
  }
});

test("the origin leads every route of the API to the function that serves it", async () => {
  const { paths } = await openApiDocument();
  assert.ok(Object.keys(paths).length > 0);
  for (const [path, operations] of Object.entries(paths)) {
    for (const { tags } of Object.values(operations))
      assert.deepEqual([rewriteFor(path.replaceAll(/\{\w+\}/g, "x"))], tags, path);
  }
});

test("no more fetches are under way than outbound serves; each ends in time", () => {
  const { concurrency, maxInstances, timeoutSeconds } = functions.outbound;
  assert.equal(queues.fetch.concurrent, concurrency * maxInstances);
  assert.ok(LIMITS.overall < timeoutSeconds);
  assert.equal(queues.fetch.deadlineSeconds, timeoutSeconds);
});
