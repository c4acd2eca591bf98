import assert from "node:assert/strict";
import { test } from "node:test";
import { openApiDocument } from "../build/openapi.ts";
import { anchorOf, headingsOf, type Repository, referenceProblems, thisRepository } from "./references.ts";
import { codeOf, proseOf, readTexts } from "./texts.ts";

test("everything that comments and pages refer to exists", async () => {
  const texts = readTexts();
  assert.ok(texts.length > 400);
  const { paths } = await openApiDocument();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.ok(operations.length > 30);
  const repository = thisRepository(texts, [...operations, "GET /v1/openapi.json"]);
  const problems = texts
    // Its faults are planted.
    .filter(({ path }) => path !== "tools/checks/references.test.ts")
    .flatMap((text) => referenceProblems(text, repository));
  assert.deepEqual(problems, []);
});

const FILES: Readonly<Record<string, string>> = {
  "shared/queue/bell.ts": "",
  "shared/queue/README.md": "# The queue\n\n## How it rings\n",
  "docs/map.md": "# Map\n\n## The `way` of a job, shortly\n",
  "docs/decisions/0001-one-package.md": "",
  "tests/integration/queue/lease.test.ts": 'test("a lease ends", () => {});',
  "package.json": "",
};

/** A repository of a few files; a pattern's star is any text without a slash. */
const repository: Repository = {
  exists: (pattern) => repository.find(pattern).length > 0,
  find: (pattern) => {
    const source = pattern
      .replace(/\/$/, "")
      .replaceAll(".", "\\.")
      .replaceAll(/\/\*\*\/|\*/g, (stars) => (stars === "*" ? "[^/]*" : "/(?:.*/)?"));
    const path = new RegExp(`^${source}(/|$)`);
    return Object.keys(FILES).filter((file) => path.test(file));
  },
  anchors: (page) => new Set(headingsOf(FILES[page] ?? "").map(anchorOf)),
  headings: new Set(headingsOf(FILES["docs/map.md"] ?? "")),
  scripts: new Set(["start", "test"]),
  names: new Set(["ringEngine"]),
  operations: ["GET /v1/jobs", "POST /v1/jobs/{id}/cancel"],
  textOf: (path) => FILES[path],
  conventions: new Set(["deps.ts"]),
};

const WRONG: readonly (readonly [path: string, text: string, problem: string])[] = [
  ["shared/queue/a.ts", "// see shared/queue/gone.ts", "shared/queue/gone.ts doesn't exist"],
  ["a.json", '{"entry": "shared/gone/*.ts"}', "shared/gone/*.ts doesn't exist"],
  ["a.sql", "select 1; -- as tests/unit/a.sql", "tests/unit/a.sql doesn't exist"],
  ["a.ts", "/** docs/map.md#nowhere */", "docs/map.md has no heading for #nowhere"],
  [
    "shared/queue/a.ts",
    "/**\n * As `gone.ts` does.\n */",
    "gone.ts is neither beside the file nor at the root",
  ],
  ["docs/a.md", "`queue/gone.test.ts`", "queue/gone.test.ts is neither beside the file nor at the root"],
  ["a.ts", "const a = 1; // by `ringPhone`", "ringPhone is no name of the code"],
  ["docs/a.md", "[the bell](../shared/bell.ts)", "the link to ../shared/bell.ts leads nowhere"],
  ["docs/a.md", "[the map](map.md#gone)", "the link to map.md#gone names no heading"],
  ["docs/map.md", "[two](#two)", "the link to #two names no heading"],
  ["README.md", "[gone.ts](shared/queue/bell.ts)", "gone.ts is neither beside the file nor at the root"],
  ["a.ts", "// (decision 0002)", "decision 0002 isn't in docs/decisions"],
  ["a.ts", "// As DESIGN says", "DESIGN is no page of this repository"],
  ["a.ts", '// the order of section "promises"', 'section "promises" is no heading of a page in docs/'],
  ["a.ts", "// at most 255 (section 4.2)", "section 4.2 doesn't say of what"],
  ["docs/a.md", "curl $API/v1/gone", "the API has no route /v1/gone"],
  ["a.ts", "// `DELETE /v1/jobs`", "the API has no route DELETE /v1/jobs"],
  ["docs/a.md", "`npm run gone`", "package.json has no script gone"],
  ["docs/a.md", "`npm test -- docs/decisions`", "docs/decisions has no tests to run"],
  ["docs/a.md", '`queue/lease.test.ts`: "a lease ends", "a day"', 'queue/lease.test.ts has no test "a day"'],
];

test("a reference that leads nowhere is found, of each sort", () => {
  for (const [path, text, problem] of WRONG)
    assert.deepEqual(referenceProblems({ path, text }, repository), [`${path}: ${problem}`]);
});

const RIGHT: readonly (readonly [path: string, text: string])[] = [
  [
    "shared/queue/a.ts",
    "// `bell.ts`, ./bell.ts, shared/queue, shared/*/bell.ts, #shared/queue/bell.ts, package.json",
  ],
  [
    "shared/queue/a.ts",
    'const a = "shared/queue/gone.ts"; // `ringEngine()`, deps.ts, https://x.dev/docs/gone.ts',
  ],
  ["docs/a.md", "shared/<domain>/ and `queue/lease.test.ts`; [bell.ts](../shared/queue/bell.ts)"],
  ["docs/a.md", '[queue](../shared/queue/README.md#how-it-rings) [x](https://x.dev/gone#gone) "npm start"'],
  ["docs/a.md", "`npm test -- tests/integration/queue`, `npm test -- FILE`"],
  ["docs/a.md", '[way](map.md#the-way-of-a-job-shortly) and `queue/lease.test.ts`: "a lease ends"'],
  [
    "a.ts",
    '// decision 0001; RFC 7636, section 4.2; section "Map"; POST /v1/jobs/{jobId}/cancel, /v1/jobs/**, jobs/{id}',
  ],
];

test("what exists, addresses, and strings of the code are no problem", () => {
  for (const [path, text] of RIGHT) assert.deepEqual(referenceProblems({ path, text }, repository), [], text);
});

test("a line is parted into code and comment, addresses in strings stay code", () => {
  const file = {
    path: "a.ts",
    text: ["const a = 1; // one", 'const b = "https://x"; /* two', " * three", "*/ const c = 2;"].join("\n"),
  };
  assert.deepEqual(proseOf(file).split("\n"), ["one", "two", "three", ""]);
  assert.deepEqual(codeOf(file).split("\n"), ["const a = 1;", 'const b = "https://x";', "", " const c = 2;"]);
});
