import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { freePort } from "#local/processes/ports.ts";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { cachedBundles } from "../build/cachedBundles.ts";
import { functionNames, keepCompiled, ROOT } from "../build/functions.ts";

const PRELOAD = pathToFileURL(join(ROOT, "tools/checks/noConnections.ts")).href;

test("importing every function in an empty environment throws and connects to nothing", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", PRELOAD, join(ROOT, "tools/checks/entries.ts")],
    { env: {} },
  );
  const expected = Object.fromEntries(functionNames.map((name) => [name, [`function ${name}`]]));
  assert.deepEqual(JSON.parse(stdout), { found: expected, running: [] });
});

test("every function's index.ts is wiring only: under 40 lines", () => {
  const long = functionNames.filter(
    (name) => readFileSync(join(ROOT, "functions", name, "index.ts"), "utf8").split("\n").length > 40,
  );
  assert.deepEqual(long, []);
});

test("manifest and folders name the same functions, each with a README", () => {
  const folders = globSync("functions/*/", { cwd: ROOT }).map((path) =>
    path.replace(/^functions[/\\]|[/\\]$/g, ""),
  );
  assert.deepEqual(folders.sort(), Object.keys(functions).sort());
  assert.deepEqual(
    folders.filter((name) => !existsSync(join(ROOT, "functions", name, "README.md"))),
    [],
  );
});

describe("a bundle under the functions framework, with an empty environment and no network", () => {
  // In node_modules/.cache, from where the one dependency that stays outside the bundles is found too.
  let dir: string;
  before(async () => {
    dir = await cachedBundles();
  });

  for (const name of functionNames) {
    test(`${name} starts and listens`, async (t) => {
      const { answer, log } = await callBundle(dir, name, t.signal);
      if (functions[name].trigger.type !== "http") return;
      // Its settings are missing, which is the operator's to know and not the caller's.
      assert.equal(answer.status, 500, log);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
      assert.doesNotMatch(await answer.text(), /settings|missing|GOOGLE_CLOUD_PROJECT|\.js/);
    });
  }
});

test("a push of Pub/Sub reaches its function, though started as an HTTP function", async (t) => {
  const push = {
    subscription: "projects/demo/subscriptions/notify",
    message: {
      messageId: "1",
      publishTime: "2026-01-01T00:00:00Z",
      data: Buffer.from("{}").toString("base64"),
    },
  };
  const { answer, log } = await callBundle(await cachedBundles(), "notify", t.signal, {
    signature: "http",
    path: "/projects/demo/topics/job-events",
    init: { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(push) },
    env: {
      GOOGLE_CLOUD_PROJECT: "demo",
      DATABASE_URL: "postgres://none@127.0.0.1:1/none",
    },
  });
  // An event that isn't one of ours is acknowledged, by the handler itself.
  assert.equal(answer.status, 204, log);
  assert.match(log, /"event":"event_unreadable"/);
  assert.match(log, /"messageId":"1"/);
});

test("a start takes what the build has compiled, of the framework and of the function", async (t) => {
  const bundles = await cachedBundles();
  const cache = mkdtempSync(join(tmpdir(), "reverie-compiled-"));
  t.after(() => rmSync(cache, { recursive: true, force: true }));
  await keepCompiled(bundles, ["auth"], cache);
  const { log } = await callBundle(bundles, "auth", t.signal, {
    env: { NODE_COMPILE_CACHE: cache, NODE_DEBUG_NATIVE: "COMPILE_CACHE" },
  });
  const pathsIn = (pattern: RegExp) => [...log.matchAll(pattern)].map(([, path = ""]) => path);
  const accepted = pathsIn(/V8 code cache for CommonJS (\S+) was accepted/g);
  for (const path of ["express/lib/express.js", "functions-framework/build/src/server.js", "auth/index.js"])
    assert.ok(
      accepted.some((one) => one.endsWith(path)),
      `${path} is not among ${accepted.length} accepted`,
    );
  assert.deepEqual(pathsIn(/reading cache from \S+ for CommonJS (\S+?)\.\.\..*(?:mismatch|failed)/g), []);
});

/** Starts one bundle as the platform does and sends it a request. */
async function callBundle(
  dir: string,
  name: FunctionName,
  signal: AbortSignal,
  request: {
    readonly signature?: string;
    readonly path?: string;
    readonly init?: RequestInit;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<{ answer: Response; log: string }> {
  const framework = createRequire(import.meta.url).resolve("@google-cloud/functions-framework");
  const port = await freePort();
  const signature = request.signature ?? (functions[name].trigger.type === "http" ? "http" : "cloudevent");
  const child = spawn(
    process.execPath,
    [
      "--import",
      PRELOAD,
      join(framework, "../main.js"),
      `--source=${join(dir, name)}`,
      `--target=${name}`,
      `--signature-type=${signature}`,
      `--port=${port}`,
    ],
    { env: { NODE_ENV: "production", ...request.env }, signal },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk));
  const exited = once(child, "exit");
  let answer: Response | undefined;
  try {
    while (answer === undefined) {
      answer = await fetch(`http://127.0.0.1:${port}${request.path ?? "/v1/none"}`, request.init).catch(
        () => undefined,
      );
      if (answer) break;
      if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    child.kill();
    await exited;
  }
  return { answer, log };
}
