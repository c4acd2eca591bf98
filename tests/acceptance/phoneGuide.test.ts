/** docs/phone.md, followed to the letter: its commands in a shell, in their order, against a local cloud. */
import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { makeDemoPhotos } from "#local/demo/video.ts";
import { endpoints } from "./cloud.ts";
import { mp4 } from "./tools.ts";

const run = promisify(execFile);
const absent = ["curl", "jq", "python3"].filter(
  (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status !== 0,
);

test("each command of the page does what it says, from sign-in to erasing", {
  skip: absent.length > 0 ? `not on this machine: ${absent.join(", ")}` : false,
}, async () => {
  const cloud = endpoints();
  const folder = await mkdtemp(join(tmpdir(), "reverie-phone-"));
  await mkdir(join(folder, ".local"));
  await writeFile(join(folder, ".local/endpoints.json"), JSON.stringify(cloud));
  await copyFile(await mp4(), join(folder, "walk.mp4"));
  await makeDemoPhotos(folder);
  const page = await readFile("docs/phone.md", "utf8");
  const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map((block) => block[1]);
  assert.ok(commands.length >= 15);
  const engine = spawn(
    "python3",
    [
      "docs/engine/example.py",
      ...["--api", cloud.api, "--key-file", cloud.engineKeyFile],
      ...["--kind", "scene", "--kind", "avatar", "--poll-seconds", "0.2"],
    ],
    { stdio: "ignore" },
  );
  try {
    const script = commands.join("\n");
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], {
      cwd: folder,
      timeout: 180_000,
    });
    assert.match(stdout, /the page is done\n$/);
    assert.match(stdout, /\["put","member"/);
    assert.equal((await readFile(join(folder, "scene.glb"))).subarray(0, 4).toString(), "glTF");
  } finally {
    engine.kill();
  }
});
