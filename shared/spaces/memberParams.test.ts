import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode, type ReverieError } from "../platform/errors.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { refuseStrangers } from "./memberParams.ts";

const MEMBERS = ["anna", "ben"];
const asked: unknown[] = [];
const sql = {
  query: async (_text: string, [spaceId, ids]: [string, string[]]) => {
    asked.push(spaceId);
    return { rows: ids.filter((id) => MEMBERS.includes(id)).map((user_id) => ({ user_id })) };
  },
  // One answer is all that is asked of it.
} as unknown as Sql;
const kind = { memberParams: ["playerId", "coachId"] };

test("members may be named, or none", async () => {
  asked.length = 0;
  await refuseStrangers(sql, "home", kind, { playerId: "anna", score: 1 });
  assert.deepEqual(asked, ["home"]);
  await refuseStrangers(sql, "home", kind, { score: 1 });
  await refuseStrangers(sql, "home", {}, { playerId: "carl" });
  assert.deepEqual(asked, ["home"]);
});

test("one who isn't in the space is refused by the param's path", async () => {
  const named = refuseStrangers(sql, "home", kind, { playerId: "anna", coachId: "carl" });
  await assert.rejects(named, (error: ReverieError) => {
    assert.ok(hasCode(error, "member_unknown"));
    assert.deepEqual(error.issues, [{ path: "params.coachId", message: "expected a member of the space" }]);
    return true;
  });
});
