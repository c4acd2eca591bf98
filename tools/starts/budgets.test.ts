import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { functionNames } from "#tools/build/functions.ts";
import { loadedAtStart, type Start } from "./start.ts";

const budgets: Readonly<Record<string, Start>> = JSON.parse(
  readFileSync(new URL("budgets.json", import.meta.url), "utf8"),
);
/** By how much a start may be above its budget: a change of a few lines is no reason to write it again. */
const ROOM = { share: 1.05, bytes: 2_048, files: 2 };
/** What makes a start dear, and what has another way here. */
const DEAR = [
  "@google-cloud/firestore",
  "@grpc/grpc-js",
  "google-gax",
  "protobufjs",
  "firebase-admin",
  "undici",
];
/** No person waits for these, and they are on Google's clients. */
const PATIENT: ReadonlySet<string> = new Set(["admin", "sweep"]);

for (const name of functionNames)
  test(`${name} starts within its budget, and nothing dear is on the way`, async () => {
    const { start, sources, onTheWay } = await loadedAtStart(name);
    const budget = budgets[name];
    assert.ok(budget, `${name} has no budget: npm run starts -- --write`);
    const grown = Object.entries(start.rooms)
      .map(([room, bytes]) => ({ room, by: bytes - (budget.rooms[room] ?? 0) }))
      .sort((a, b) => b.by - a.by)
      .slice(0, 3)
      .map(({ room, by }) => `${room} by ${by} bytes (its largest: ${largestOf(room, sources)})`);
    const why = `Most grew ${grown.join("; ")}. All files: npm run starts -- ${name}. If it is meant: npm run starts -- --write`;
    assert.ok(
      start.bytes <= budget.bytes * ROOM.share + ROOM.bytes,
      `a start of ${name} loads ${start.bytes} bytes, its budget is ${budget.bytes}. ${why}`,
    );
    assert.ok(
      start.files <= budget.files + ROOM.files,
      `a start of ${name} loads ${start.files} files, its budget is ${budget.files}: parts that are loaded later share more code. ${why}`,
    );
    if (!PATIENT.has(name))
      assert.deepEqual(
        DEAR.filter((dear) => onTheWay.has(dear)),
        [],
        `${name} loads these before its first answer: load them by import() where they are used, or use the REST interface`,
      );
  });

function largestOf(room: string, sources: ReadonlyMap<string, number>): string {
  const [largest] = [...sources].filter(([source]) => source.includes(room)).sort(([, a], [, b]) => b - a);
  return largest?.[0] ?? "none";
}
