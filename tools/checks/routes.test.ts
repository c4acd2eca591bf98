import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { ROOT } from "../build/functions.ts";
import { openApiDocument } from "../build/openapi.ts";
import { declaredCodes } from "./declaredCodes.ts";

const { paths } = await openApiDocument();
const operations = Object.values(paths).flatMap((byMethod) => Object.values(byMethod));

/** The files of functions that define routes, with the operations they name. */
const routeFiles = globSync("functions/*/*.ts", { cwd: ROOT })
  .map((path) => ({
    path,
    names: [...readFileSync(join(ROOT, path), "utf8").matchAll(/\boperationId: "(\w+)"/g)].map((m) => m[1]),
  }))
  .filter(({ path, names }) => names.length > 0 && !path.endsWith(".test.ts"));

test("a route is a file of its operation's name, with its test beside it", () => {
  for (const { path, names } of routeFiles) {
    assert.deepEqual(names, [basename(path, ".ts")], path);
    assert.ok(existsSync(join(ROOT, path.replace(/\.ts$/, ".test.ts"))), `${path} has no test beside it`);
  }
});

test("every operation of the API has a name of its own and a file in its function", () => {
  const names = operations.map(({ operationId }) => operationId);
  assert.deepEqual(names, [...new Set(names)]);
  for (const { operationId, tags } of operations) {
    const path = join("functions", tags?.[0] ?? "", `${operationId}.ts`);
    assert.ok(
      routeFiles.some((file) => file.path === path),
      `${operationId} is not in ${path}`,
    );
  }
});

test("every error code of a route is in the catalogue, under that status", () => {
  const statusOf = new Map<string, number>(Object.values(errors).map(({ code, status }) => [code, status]));
  assert.ok(operations.length > 0);
  for (const { operationId, responses } of operations) {
    const declared = declaredCodes(responses);
    assert.ok(declared.has(500), `${operationId} describes no errors`);
    for (const [status, codes] of declared)
      for (const code of codes) assert.equal(statusOf.get(code), status, `${operationId}: ${code}`);
  }
});

test("every code of the catalogue is one that a route, or any path, can answer", () => {
  const used = new Set(operations.flatMap(({ responses }) => [...declaredCodes(responses).values()].flat()));
  const ofNoRoute = Object.values(errors)
    .map(({ code }) => code)
    .filter((code) => !used.has(code));
  assert.deepEqual(ofNoRoute, ["method_not_allowed"]);
});
