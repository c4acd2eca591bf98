import assert from "node:assert/strict";
import { test } from "node:test";
import { layeringProblems } from "./layering.ts";
import { importsOf, readSources } from "./sources.ts";

test("the project keeps its layering", () => {
  assert.deepEqual(layeringProblems(readSources()), []);
});

const source = (path: string, text: string) => ({ path, text, imports: importsOf(path, text) });

test("each way around the layering is found, and what is allowed is not", () => {
  const wrong = [
    source("functions/jobs/a.ts", 'import { b } from "../engine/b.ts";'),
    source("functions/jobs/b.ts", 'export * from "#functions/engine/b.ts";'),
    source("shared/queue/a.ts", 'const { b } = await import("#functions/jobs/b.ts");'),
    source("shared/queue/b.ts", 'import type { B } from "#local/engine/b.ts";'),
    source("functions/jobs/c.ts", "const x = process.env.X;"),
    source("functions/jobs/d.ts", "const x = new pg.Pool({});"),
  ];
  assert.deepEqual(
    layeringProblems(wrong).map((problem) => problem.split(":")[0]),
    [
      "functions/jobs/a.ts imports functions/engine/b.ts",
      "functions/jobs/b.ts imports functions/engine/b.ts",
      "shared/queue/a.ts imports functions/jobs/b.ts",
      "shared/queue/b.ts imports local/engine/b.ts",
      "functions/jobs/c.ts reads process.env",
      "functions/jobs/d.ts makes a client (new pg.Pool()",
    ],
  );
  const right = [
    source("functions/jobs/a.ts", 'import { b } from "./b.ts";\nimport { c } from "#shared/c.ts";'),
    source("functions/jobs/a.test.ts", 'import { testDatabase } from "#local/testing/backends.ts";'),
    source("shared/platform/firestore/client.ts", "const x = new Firestore({});"),
    source("local/demo/main.ts", 'import { b } from "#functions/jobs/b.ts";'),
  ];
  assert.deepEqual(layeringProblems(right), []);
});
