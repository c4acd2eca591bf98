import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { openRun } from "../processes/run.ts";
import { locateEmulators } from "./locate.ts";

const dir = mkdtempSync(join(tmpdir(), "reverie-locate-"));
const run = openRun({ logs: join(dir, "logs") });
after(async () => {
  await run.stop();
  rmSync(dir, { recursive: true, force: true });
});

function write(file: string, content = ""): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o755 });
  return file;
}

const SDK_JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar";
const SDK_PROGRAM = "platform/pubsub-emulator/bin/cloud-pubsub-emulator";

test("what firebase-tools downloaded is taken as it is, also beside an SDK's copies", async () => {
  const details = createRequire(import.meta.url)("firebase-tools/lib/emulator/downloadableEmulatorInfo.json");
  const cache = join(dir, "cache");
  const firestore = write(join(cache, details.firestore.downloadPathRelativeToCacheDir));
  const pubsub = write(join(cache, details.pubsub.binaryPathRelativeToCacheDir));
  const sdk = join(dir, "unused sdk");
  write(join(sdk, SDK_JAR));
  write(join(sdk, SDK_PROGRAM));
  const found = await locateEmulators(run, join(dir, "wrappers"), undefined, { cache, sdks: [sdk] });
  assert.deepEqual(found, { firestore, pubsub, source: cache });
});

test("an SDK's copies are wrapped, from any place; an SDK without them is skipped", async () => {
  const sdk = join(dir, "it's an sdk");
  write(join(sdk, SDK_JAR));
  write(join(sdk, SDK_PROGRAM), '#!/bin/sh\necho "started with $1"\n');
  const empty = join(dir, "empty sdk");
  write(join(empty, SDK_JAR));
  const wrappers = join(dir, "wrappers");
  const found = await locateEmulators(run, wrappers, undefined, {
    cache: join(dir, "none"),
    sdks: [empty, sdk],
  });
  assert.equal(found.source, sdk);
  const manifest = readFileSync(found.firestore, "latin1").replaceAll("\r\n ", "");
  assert.ok(manifest.includes("it's%20an%20sdk"));
  const { stdout } = await promisify(execFile)(found.pubsub, ["--port=1"]);
  assert.equal(stdout, "started with --port=1\n");
});
