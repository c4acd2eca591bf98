import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../build/functions.ts";
import { deployedSources, edgeProblems } from "./edges.ts";

test("outside shared/platform nothing deployed reads the environment or makes a client", () => {
  const sources = deployedSources();
  assert.ok(sources.length > 100);
  assert.deepEqual(edgeProblems(sources), []);
});

test("each way to touch the outside is found, and the platform may", () => {
  const text = { env: "const x = process.env.X;", pool: "const x = new pg.Pool({});" };
  const wrong = [
    { path: "functions/jobs/c.ts", text: text.env },
    { path: "shared/queue/d.ts", text: text.pool },
    { path: "shared/queue/e.ts", text: "createTransport({})" },
  ];
  assert.deepEqual(
    edgeProblems(wrong).map((problem) => problem.split(":")[0]),
    [
      "functions/jobs/c.ts reads process.env",
      "shared/queue/d.ts makes a client (new pg.Pool()",
      "shared/queue/e.ts makes a client (createTransport()",
    ],
  );
  const right = [
    { path: "shared/platform/firestore/client.ts", text: "const x = new Firestore({});" },
    { path: "shared/platform/config/read.ts", text: text.env },
    { path: "shared/queue/f.ts", text: "const at = new Timestamp(0, 0);" },
  ];
  assert.deepEqual(edgeProblems(right), []);
});

test("acceptance tests reach no database and no administrator's API of a cloud", () => {
  const files = globSync("tests/acceptance/*.ts", { cwd: ROOT });
  assert.ok(files.length > 5);
  const inside = files.filter((path) =>
    /from "(pg|@google-cloud\/|firebase-admin)/.test(readFileSync(join(ROOT, path), "utf8")),
  );
  assert.deepEqual(inside, []);
});
