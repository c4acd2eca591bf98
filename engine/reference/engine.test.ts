import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { TestGateway } from "#engine/kit/testing/gateway.ts";
import { until } from "#engine/kit/testing/until.ts";
import { makeTestVideo } from "./testing/testVideo.ts";

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "reference-engine-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

const sceneJob = (id: string, video: Buffer) => {
  return { id, kind: "scene", params: { location: "indoor" }, inputs: { video } };
};

/** The engine as it is started from a command line, against a gateway of this test. */
async function setUp(t: TestContext) {
  const home = await mkdtemp(join(directory, "case-"));
  const gateway = await TestGateway.start(home);
  const workDir = join(home, "work");
  const start = () => {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const engine = spawn(process.execPath, [main, "--work-dir", workDir, "--engine-id", "engine-2"], {
      env: {
        PATH: process.env.PATH,
        API: gateway.url,
        ENGINE_KEY_FILE: gateway.keyFile,
        LOG_LEVEL: "silent",
      },
      stdio: "inherit",
    });
    t.after(async () => {
      engine.kill("SIGKILL");
      await gateway[Symbol.asyncDispose]();
    });
    return { exited: once(engine, "exit"), terminate: () => engine.kill("SIGTERM") };
  };
  return { gateway, workDir, start };
}

test("a video becomes a scene with its views; another file fails with a sentence", async (t) => {
  const { gateway, start } = await setUp(t);
  await makeTestVideo(join(directory, "video.mp4"), { views: 2, sound: "aac" });
  gateway.queue.push(
    sceneJob("job-1", await readFile(join(directory, "video.mp4"))),
    sceneJob("job-2", Buffer.from("Dear diary, this is no video at all. ".repeat(50))),
  );
  start();
  await until("both ends", () => gateway.results.has("job-1") && gateway.failures.has("job-2"));
  const { files, data } = gateway.results.get("job-1") ?? {};
  assert.deepEqual([...(files?.keys() ?? [])], ["scene.glb", "poster.jpg"]);
  assert.equal(files?.get("scene.glb")?.toString("latin1", 0, 4), "glTF");
  assert.equal(z.object({ views: z.array(z.unknown()) }).parse(data).views.length, 2);
  const { code, message, retryable } = gateway.failures.get("job-2") ?? {};
  assert.equal(code, "video_unreadable");
  assert.equal(retryable, false);
  assert.match(String(message), /^This file can't be read as a video\./);
  assert.deepEqual([gateway.results.size, gateway.failures.size], [1, 1]);
});

test("SIGTERM gives the lease back, leaves no file, and exits with 0", async (t) => {
  const { gateway, workDir, start } = await setUp(t);
  gateway.bend = (call) => (call.route === "input" ? new Promise(() => {}) : undefined);
  gateway.queue.push(sceneJob("job-1", Buffer.from("a video")));
  const engine = start();
  await until("work", () => gateway.calledTimes("input") === 1);
  engine.terminate();
  assert.deepEqual(await engine.exited, [0, null]);
  assert.equal(gateway.calledTimes("release"), 1);
  assert.deepEqual(
    gateway.queue.map(({ id }) => id),
    ["job-1"],
  );
  assert.equal(gateway.failures.size, 0);
  assert.deepEqual(await readdir(workDir), []);
});
