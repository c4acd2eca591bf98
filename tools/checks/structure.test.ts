import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, describe, test } from "node:test";
import { structureProblems } from "./structure.ts";

type Tree = Readonly<Record<string, string>>;

const root = mkdtempSync(join(tmpdir(), "structure-test-"));
after(() => rmSync(root, { recursive: true, force: true }));
let trees = 0;

/** What is wrong with a small project of these files, without the reasons. */
async function problemsOf(tree: Tree): Promise<string[]> {
  const dir = join(root, String(trees++));
  const imports = { "#shared/*": "./shared/*", "#functions/*": "./functions/*", "#engine/*": "./engine/*" };
  const files: Tree = { "package.json": JSON.stringify({ name: "tree", type: "module", imports }), ...tree };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return (await structureProblems(dir)).map((problem) => problem.replace(/ \(.*\)$/, "")).sort();
}

/** A project that keeps every rule, with each kind of import. */
const sound: Tree = {
  "functions/jobs/index.ts": 'import { list } from "./list.ts";\nexport const jobs = list;\n',
  "functions/jobs/list.ts":
    'import { queue } from "#shared/queue/queue.ts";\nexport const list = () => queue;\n',
  "functions/workshop/index.ts": 'export { lease as workshop } from "#engine/kit/lease.ts";\n',
  "shared/queue/queue.ts":
    'import type { Scene } from "../kinds/scene.ts";\nimport { now } from "#shared/platform/clock.ts";\nexport const queue: Scene = { now };\n',
  "shared/queue/queue.test.ts": 'import { make } from "../../local/testing/make.ts";\nmake();\n',
  "shared/kinds/scene.ts": "export interface Scene { now: () => number }\n",
  "shared/platform/clock.ts": "export const now = () => 0;\n",
  "engine/kit/lease.ts":
    'import { now } from "#shared/platform/clock.ts";\nexport async function lease() {\n  using held = await import("./held.ts");\n  return [held, now];\n}\n',
  "engine/kit/held.ts": "export const held = 1;\n",
  "local/testing/make.ts": 'export { list as make } from "#functions/jobs/list.ts";\n',
};

test("a project that keeps every rule has no problem", async () => {
  assert.deepEqual(await problemsOf(sound), []);
});

const wrong: Readonly<Record<string, readonly [Tree, string[]]>> = {
  "an arrow upwards from the platform": [
    {
      "shared/platform/clock.ts": 'import "#shared/events/event.ts";\nexport const now = () => 0;\n',
      "shared/events/event.ts": "export {};\n",
    },
    ["platform-is-below: shared/platform/clock.ts -> shared/events/event.ts"],
  ],
  "an arrow upwards that only a type makes": [
    {
      "shared/results/result.ts": 'import type { Job } from "../queue/job.ts";\nexport type Result = Job;\n',
      "shared/queue/job.ts": "export type Job = string;\n",
      "functions/jobs/list.ts": 'export type { Result as list } from "#shared/results/result.ts";\n',
      "functions/jobs/index.ts": 'import "#shared/queue/queue.ts";\nexport type { list } from "./list.ts";\n',
    },
    ["results-is-below: shared/results/result.ts -> shared/queue/job.ts"],
  ],
  "an arrow upwards from shared to a function, in an import() too": [
    {
      "shared/kinds/late.ts": 'export const late = () => import("#functions/admin/index.ts");\n',
      "functions/admin/index.ts": "export const admin = 1;\n",
      "functions/jobs/index.ts":
        'import "#shared/kinds/late.ts";\nexport { list as jobs } from "./list.ts";\n',
    },
    ["shared-is-below: shared/kinds/late.ts -> functions/admin/index.ts"],
  ],
  "a circle of files": [
    { "engine/kit/held.ts": 'export { lease as held } from "./lease.ts";\n' },
    ["no-circle: engine/kit/held.ts -> engine/kit/lease.ts -> engine/kit/held.ts"],
  ],
  "a circle of rooms without a circle of files": [
    {
      "local/start.ts": 'import "./cloud/one.ts";\n',
      "local/cloud/one.ts": 'import "../firebase/one.ts";\n',
      "local/firebase/one.ts": 'import "../cloud/two.ts";\n',
      "local/cloud/two.ts": "export {};\n",
    },
    [
      "no-circle-of-rooms: local/cloud -> local/firebase -> local/cloud",
      "no-circle-of-rooms: local/firebase -> local/cloud -> local/firebase",
    ],
  ],
  "a function that imports another": [
    { "functions/admin/index.ts": 'export { list as admin } from "#functions/jobs/list.ts";\n' },
    ["functions-apart: functions/admin/index.ts -> functions/jobs/list.ts"],
  ],
  "a function other than workshop that imports the kit": [
    {
      "functions/jobs/index.ts":
        'import "#engine/kit/lease.ts";\nexport { list as jobs } from "./list.ts";\n',
    },
    ["deployed-stays-apart: functions/jobs/index.ts -> engine/kit/lease.ts"],
  ],
  "a function that imports what is for tests": [
    {
      "functions/jobs/index.ts":
        'import "../../local/testing/make.ts";\nexport { list as jobs } from "./list.ts";\n',
    },
    [
      "deployed-stays-apart: functions/jobs/index.ts -> local/testing/make.ts",
      "no-circle-of-rooms: functions/jobs -> local/testing -> functions/jobs",
      "no-circle-of-rooms: local/testing -> functions/jobs -> local/testing",
      "no-test-inside: functions/jobs/index.ts -> local/testing/make.ts",
    ],
  ],
  "workshop that imports the reference engine": [
    {
      "functions/workshop/index.ts":
        'import "#engine/kit/lease.ts";\nexport { main as workshop } from "#engine/reference/one.ts";\n',
      "engine/reference/one.ts": "export const main = 1;\n",
    },
    ["workshop-uses-the-kit: functions/workshop/index.ts -> engine/reference/one.ts"],
  ],
  "a kit that imports a domain": [
    { "engine/kit/held.ts": 'export { queue as held } from "#shared/queue/queue.ts";\n' },
    ["kit-is-below: engine/kit/held.ts -> shared/queue/queue.ts"],
  ],
  "a file that only its test imports": [
    { "shared/queue/old.ts": "export {};\n", "shared/queue/old.test.ts": 'import "./old.ts";\n' },
    ["imported-by-none: shared/queue/old.ts"],
  ],
  "a file for tests that no file imports": [
    { "tests/integration/builders.ts": "export {};\n" },
    ["imported-by-no-test: tests/integration/builders.ts"],
  ],
  "an import that leads nowhere": [
    {
      "functions/jobs/index.ts":
        'import "#shared/queue/gone.ts";\nexport { list as jobs } from "./list.ts";\n',
    },
    ["leads-nowhere: functions/jobs/index.ts -> #shared/queue/gone.ts"],
  ],
  "a domain without a place in the order": [
    {
      "shared/payments/pay.ts": "export {};\n",
      "functions/jobs/index.ts":
        'import "#shared/payments/pay.ts";\nexport { list as jobs } from "./list.ts";\n',
    },
    ["no-place: shared/payments has no place in the domains' order"],
  ],
};

describe("one fault is found, and nothing else", () => {
  for (const [fault, [tree, expected]] of Object.entries(wrong)) {
    test(fault, async () => assert.deepEqual(await problemsOf({ ...sound, ...tree }), expected));
  }
});

test("without a parser for TypeScript every file is named as not looked at", async () => {
  const hide = `import { registerHooks } from "node:module";
registerHooks({ resolve(specifier, context, next) {
  if (specifier === "@swc/core") throw new Error("hidden");
  return next(specifier, context);
} });`;
  const check = spawn(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(hide)}`,
      join(import.meta.dirname, "structure.ts"),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const exited = once(check, "exit");
  const said = await text(check.stderr);
  assert.deepEqual(await exited, [1, null]);
  for (const path of ["functions/jobs/index.ts", "shared/manifest.ts", "tools/checks/structure.test.ts"])
    assert.match(said, new RegExp(`^not-seen: ${path} `, "m"));
});
