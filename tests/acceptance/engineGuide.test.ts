/** docs/engine.md, followed to the letter: its commands in a shell, its Python example as a process. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { promisify } from "node:util";
import { faultsOf } from "#engine/reference/testing/glb.ts";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "./cloud.ts";
import { eventually, mp4 } from "./tools.ts";

const run = promisify(execFile);
const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
const missing = (...commands: string[]) => {
  const absent = commands.filter((command) => !has(command));
  return absent.length > 0 ? `not on this machine: ${absent.join(", ")}` : false;
};

const cloud = endpoints();
let giver: Phone;
before(async () => {
  const name = randomBytes(4).toString("hex");
  giver = await Phone.signIn(cloud, { email: `guide-giver-${name}@example.com` });
  const recipient = await Phone.signIn(cloud, { email: `guide-recipient-${name}@example.com` });
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient")]);
  const invitation = await giver.invite(recipient.email);
  await giver.confirm(invitation, await mailedCode(cloud.mail, recipient.email));
});

async function submitScene(): Promise<string> {
  const video = await giver.upload(await mp4(), "video/mp4");
  const job = await giver.submit({ kind: "scene", title: "Guide", params: {}, inputs: { video } });
  await eventually("the job is in line", async () => (await giver.job(job.id)).state === "queued");
  return job.id;
}

test("the Python example does a whole job with nothing but its standard library", {
  skip: missing("python3"),
}, async () => {
  const jobId = await submitScene();
  const { stdout } = await run("python3", [
    "docs/engine/example.py",
    ...[
      "--api",
      cloud.api,
      "--key-file",
      cloud.engineKeyFile,
      "--kind",
      "scene",
      "--jobs",
      "1",
      "--poll-seconds",
      "0.2",
    ],
  ]);
  assert.match(stdout, new RegExp(`${jobId}: done`));
  const job = await giver.job(jobId);
  assert.equal(job.state, "succeeded");
  let url: string | undefined;
  await eventually("the model is in the library", async () => {
    url = (await giver.resource(job.resourceId ?? ""))?.files[0]?.url;
    return url !== undefined;
  });
  const model = Buffer.from(await (await fetch(url ?? "")).arrayBuffer());
  assert.deepEqual(await faultsOf(model), []);
});

test("the guide's shell commands, in their order, do a whole job", {
  skip: missing("curl", "jq", "openssl", "python3"),
}, async () => {
  const jobId = await submitScene();
  const folder = await mkdtemp(join(tmpdir(), "reverie-guide-"));
  await mkdir(join(folder, ".local"));
  await writeFile(
    join(folder, ".local/endpoints.json"),
    JSON.stringify({ api: cloud.api, engineKeyFile: cloud.engineKeyFile }),
  );
  await cp("docs/engine", join(folder, "docs/engine"), { recursive: true });
  const guide = await readFile("docs/engine.md", "utf8");
  const commands = [...guide.matchAll(/^```sh\n(.*?)^```/gms)].map((block) => block[1]);
  assert.ok(commands.length >= 5);
  const { stdout } = await run("bash", ["-euo", "pipefail", "-c", commands.join("\n")], { cwd: folder });
  assert.match(stdout, /"cancelRequested":false/);
  assert.match(stdout, new RegExp(`"jobId":"${jobId}","state":"succeeded"`));
  assert.match(stdout, /"code":"lease_lost"/);
  assert.equal((await giver.job(jobId)).state, "succeeded");
});
