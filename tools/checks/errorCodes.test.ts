import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errors, ReverieError } from "#shared/platform/errors.ts";
import { ROOT } from "../build/functions.ts";
import { errorCodeProblems, misnamedErrors } from "./errorCodes.ts";

const SELF = "tools/checks/errorCodes.test.ts";
/** The API of the product: what it is made of, what tests expect of it, what documents say of it. An engine's own API is another. */
const FILES = [
  ...globSync("{functions,shared,tests,bench,tools}/**/*.ts", { cwd: ROOT }),
  ...globSync("{functions,shared,local,docs}/**/*.md", { cwd: ROOT }),
  "README.md",
  "engine/kit/testing/gateway.ts",
].map((path) => path.replaceAll("\\", "/"));

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("every code has one name, one status and one title", () => {
  const codes = Object.entries(errors).map(([name, make]) => {
    const error = make("detail");
    assert.ok(error instanceof ReverieError);
    assert.deepEqual(
      [error.code, error.status, error.title, error.message],
      [make.code, make.status, make.title, "detail"],
    );
    assert.equal(
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      make.code,
    );
    assert.ok(make.status >= 400 && make.status <= 599, make.code);
    return make.code;
  });
  assert.equal(new Set(codes).size, codes.length);
  assert.equal(new Set(Object.values(errors).map(({ title }) => title)).size, codes.length);
});

test("no code, test or document gives a code a second status", () => {
  assert.ok(FILES.length > 200);
  assert.deepEqual(
    FILES.filter((path) => path !== SELF).flatMap((path) => errorCodeProblems(path, read(path))),
    [],
  );
});

test("every code of the catalogue is thrown by a function or what it uses", () => {
  const text = FILES.filter((path) => /^(functions|shared)\/.*(?<!\.test)\.ts$/.test(path))
    .map(read)
    .join("\n");
  assert.deepEqual(
    Object.keys(errors).filter((name) => !new RegExp(`\\berrors\\.${name}\\b`).test(text)),
    [],
  );
});

test("the names of error classes end in Error", () => {
  const sources = globSync("{functions,shared,engine,local,tests,bench}/**/*.ts", { cwd: ROOT });
  assert.deepEqual(
    sources.flatMap((path) => misnamedErrors(read(path))),
    [],
  );
});

test("a second status is found however it is written; the code's own is not", () => {
  const wrong = [
    "409 not_in_group",
    '[409, "not_in_group"]',
    "409 `not_in_group`",
    'refusal("not_in_group", 409)',
    "`not_in_group` (409)",
    'new ReverieError({ code: "not_in_group", status: 409, title: "" }, "")',
    'problem(422, "unknown_kind", "x")',
  ];
  for (const text of wrong) assert.equal(errorCodeProblems("a.ts", text).length, 1, text);
  const right = [
    "404 not_in_group",
    '[404, "not_in_group"]',
    'refusal("not_in_group", 404)',
    "409 things, not_in_group",
    '[409, "gpu_lost"]',
  ];
  for (const text of right) assert.deepEqual(errorCodeProblems("a.ts", text), [], text);
  assert.deepEqual(
    misnamedErrors(
      "class Denied extends Error {} class LateError extends TypeError {} class Gone extends LateError {}",
    ),
    ["Denied", "Gone"],
  );
});
