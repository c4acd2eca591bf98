import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TestGateway } from "./testing/gateway.ts";
import { until } from "./testing/until.ts";

const example = join(import.meta.dirname, "example.ts");

test("the README shows the example as it is run here", async () => {
  const readme = await readFile(join(import.meta.dirname, "README.md"), "utf8");
  const [, shown] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  assert.equal(shown, await readFile(example, "utf8"));
});

test("the example does a job, fails one without its input, and ends with 0 on SIGTERM", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "kit-example-"));
  const gateway = await TestGateway.start(home);
  gateway.queue.push(
    { id: "job-1", kind: "avatar", inputs: { face: Buffer.from("a photo") } },
    { id: "job-2", kind: "avatar", inputs: {} },
  );
  const engine = spawn(process.execPath, [example, gateway.url, gateway.keyFile, join(home, "work")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  t.after(async () => {
    engine.kill("SIGKILL");
    await gateway[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });
  await until("both ends", () => gateway.results.has("job-1") && gateway.failures.has("job-2"));
  assert.equal(gateway.results.get("job-1")?.files.get("avatar.jpg")?.toString(), "a photo");
  assert.equal(gateway.failures.get("job-2")?.code, "input_missing");
  const exited = once(engine, "exit");
  engine.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
});
