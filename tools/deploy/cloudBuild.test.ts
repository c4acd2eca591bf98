import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "../build/functions.ts";
import { cloudBuildProblems, PIPELINES } from "./cloudBuild.ts";
import { firebaseJsonProblems } from "./firebaseSchema.ts";

const pipeline = z.object({
  steps: z.array(
    z.object({ id: z.string(), args: z.array(z.string()).default([]), script: z.string().default("") }),
  ),
});
const [main = "", pullRequest = ""] = PIPELINES;
const stepsOf = (file: string) => pipeline.parse(parse(readFileSync(join(ROOT, file), "utf8"))).steps;

test("the pipelines have the fields of Cloud Build's API, and firebase.json Firebase's", () => {
  assert.deepEqual(cloudBuildProblems(), []);
  assert.deepEqual(firebaseJsonProblems(), []);
});

test("a field that Cloud Build doesn't have, or of another type, is named", () => {
  const text = `
steps:
  - name: node:24
    arguments: [a]
    args: a
    timeout: 10
    allowFailure: "yes"
    status: SUCCESS
timeout: 10m
options:
  machineType: LARGE
  env: [A=1]
substitutions: [a]
triggers: []
`;
  assert.deepEqual(cloudBuildProblems([["x.yaml", text]]), [
    "x.yaml: /steps/0/arguments is no field of BuildStep",
    "x.yaml: /steps/0/args should be a list",
    "x.yaml: /steps/0/timeout should be seconds, such as 600s",
    "x.yaml: /steps/0/allowFailure should be true or false",
    "x.yaml: /steps/0/status is set by Cloud Build only",
    "x.yaml: /timeout should be seconds, such as 600s",
    "x.yaml: /options/machineType should be one of UNSPECIFIED, N1_HIGHCPU_8, N1_HIGHCPU_32, E2_HIGHCPU_8, E2_HIGHCPU_32, E2_MEDIUM, E2_STANDARD_2",
    "x.yaml: /substitutions should be a map",
    "x.yaml: /triggers is no field of Build",
  ]);
});

test("a part of firebase.json that Firebase doesn't know is named", () => {
  const [first = "nothing"] = firebaseJsonProblems(JSON.stringify({ hosting: { public: 7 } }));
  assert.match(first, /^firebase\.json: \/hosting/);
});

test("migrations run before the functions that need them, and hosting after both", () => {
  const ids = stepsOf(main).map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)]);
  const order = [
    "verify",
    "test",
    "terraform",
    "build",
    "secrets",
    "upload",
    "plan",
    "before-migrations",
    "migrate",
    "apply",
    "hosting",
    "smoke",
  ];
  assert.deepEqual(
    ids.filter((id) => order.includes(id)),
    order,
  );
});

test("both pipelines check Terraform's files before the environment's are among them", () => {
  for (const file of [main, pullRequest]) {
    const steps = stepsOf(file);
    const [terraform, settings] = ["terraform", "settings"].map((id) => steps.findIndex((s) => s.id === id));
    assert.ok(
      terraform !== undefined && settings !== undefined && 0 < terraform && terraform < settings,
      file,
    );
    for (const command of ["fmt -check -recursive", "validate", "test"])
      assert.ok(steps[terraform]?.script.includes(`terraform ${command}`), `${file}: ${command}`);
  }
});

test("both applies that change what runs apply a plan that was written down", () => {
  const applies = stepsOf(main).filter(({ args, script }) => /\bapply\b/.test(`${args.join(" ")} ${script}`));
  assert.deepEqual(
    applies.map(({ id }) => id),
    ["foundation", "before-migrations", "apply"],
  );
  for (const { id, script } of applies.filter(({ id }) => id !== "foundation"))
    assert.match(script, /plan [^\n]*-out=(\S+)[\s\S]*apply -input=false \1\n/, id);
  for (const file of [main, pullRequest])
    assert.doesNotMatch(readFileSync(join(ROOT, file), "utf8"), /web\.app|_ORIGIN/, file);
});

test("the doctor fails a deployment for its configuration only", () => {
  const smoke = stepsOf(main).find(({ id }) => id === "smoke");
  assert.match(smoke?.script ?? "", /npm run doctor -- .*--fail-on configuration/);
});

test("a pull request ends with the plan and changes nothing", () => {
  const steps = stepsOf(pullRequest);
  assert.equal(steps.at(-1)?.id, "plan");
  for (const { id, args, script } of steps)
    assert.doesNotMatch(
      `${args.join(" ")} ${script}`,
      /\bapply\b|\bdeploy\b|\bpush\b|gs:.*-bundles|execute/,
      id,
    );
});

test("the commands that a pipeline runs are in package.json", () => {
  const names = [main, pullRequest]
    .flatMap(stepsOf)
    .flatMap(({ args, script }) =>
      [...`${args.join(" ")} ${script}`.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name),
    );
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  assert.ok(names.length > 6);
  assert.deepEqual(
    names.filter((name) => !(name in scripts)),
    [],
  );
});
