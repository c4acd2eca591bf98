import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseSpace, type Space } from "./chooseSpace.ts";

function space(id: string, type: Space["type"]): Space {
  return { id, type, role: "member", title: null, seq: 0, members: [] };
}
const mine = space("mine", "personal");
const ours = space("ours", "care");
const talk = space("talk", "conversation");

test("without a wanted one it is the care group, or else the personal space", () => {
  assert.equal(chooseSpace([mine, talk, ours], []), ours);
  assert.equal(chooseSpace([talk, mine], [undefined]), mine);
  assert.equal(chooseSpace([], []), undefined);
});

test("the first wanted one counts that the person is in; others are passed over", () => {
  const all = [mine, ours, talk];
  assert.equal(chooseSpace(all, ["talk", "mine"]), talk);
  assert.equal(chooseSpace(all, ["left long ago", "mine"]), mine);
  assert.equal(chooseSpace(all, [undefined, "left long ago"]), ours);
});
