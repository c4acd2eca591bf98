import assert from "node:assert/strict";
import { test } from "node:test";
import { countErased } from "./countErased.ts";

const document = {
  spaces: [
    { id: "ours", type: "care", role: "giver" },
    { id: "mine", type: "personal", role: "owner" },
  ],
  resources: [{ spaceId: "ours" }, { spaceId: "mine" }, { spaceId: "mine" }],
  jobs: [{ spaceId: "ours" }],
  badges: [{ date: "2026-03-01" }],
  sessions: [{ endedAt: null }, { endedAt: "2026-03-01T00:00:00Z" }],
};

test("a giver loses what is theirs alone; what is the group's stays", () => {
  assert.deepEqual(countErased(document), [
    { name: "resources", count: 2 },
    { name: "badges", count: 1 },
    { name: "sessions", count: 1 },
  ]);
});

test("a recipient's group goes with them, also what others have made", () => {
  const spaces = [{ id: "ours", type: "care", role: "recipient" }, document.spaces[1]];
  assert.deepEqual(countErased({ ...document, spaces }).slice(0, 2), [
    { name: "resources", count: 3 },
    { name: "jobs", count: 1 },
  ]);
});
