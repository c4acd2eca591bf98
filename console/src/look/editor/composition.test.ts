import assert from "node:assert/strict";
import { test } from "node:test";
import { type Composition, changeFor, differences, onTop, type Placed, withAvatar } from "./composition.ts";
import { IDENTITY } from "./transform.ts";

const at = (resourceId: string, x = 0): Placed => ({
  resourceId,
  transform: { ...IDENTITY, position: [x, 0, 0] },
});
const base: Composition = {
  title: "A visit",
  scene: at("garden"),
  avatars: [at("ann"), at("bo", 1), at("cy", 2)],
};
const moved = (from: Composition, index: number, x: number) =>
  withAvatar(from, index, (avatar) => at(avatar.resourceId, x));

test("what changed is named: title, scene, and each figure", () => {
  assert.deepEqual(differences(base, base), []);
  const to = { ...moved(base, 1, 5), title: "A walk", scene: at("garden", 3) };
  assert.deepEqual(differences(base, { ...to, avatars: [...to.avatars, at("di")] }), [
    { what: "title", to: "A walk" },
    { what: "sceneMoved" },
    { what: "avatarMoved", at: 1, resourceId: "bo" },
    { what: "avatarAdded", at: 3, resourceId: "di" },
  ]);
  assert.deepEqual(differences(base, { ...base, scene: at("kitchen") }), [
    { what: "sceneReplaced", resourceId: "kitchen" },
  ]);
});

test("a figure taken out of the middle is one change, not a change of all behind it", () => {
  const gone = withAvatar(base, 0, () => undefined);
  assert.deepEqual(differences(base, gone), [{ what: "avatarRemoved", at: 0, resourceId: "ann" }]);
});

test("two people who moved different figures lose nothing", () => {
  const mine = { ...moved(base, 0, 7), title: "Mine" };
  const theirs = { ...moved(base, 2, 9), scene: at("garden", 4) };
  assert.deepEqual(onTop({ base, mine, theirs }), {
    title: "Mine",
    scene: at("garden", 4),
    avatars: [at("ann", 7), at("bo", 1), at("cy", 9)],
  });
});

test("where both moved the same figure, mine is on top", () => {
  const both = onTop({ base, mine: moved(base, 1, 7), theirs: moved(base, 1, 9) });
  assert.deepEqual(both.avatars, [at("ann"), at("bo", 7), at("cy", 2)]);
});

test("figures I did not touch stay as they have them, also those they added", () => {
  const theirs = { ...base, avatars: [...base.avatars, at("di")] };
  assert.deepEqual(onTop({ base, mine: { ...base, title: "Mine" }, theirs }), { ...theirs, title: "Mine" });
});

test("where the figures are other ones, mine take the place of all", () => {
  const mine = moved(base, 0, 7);
  const theirs = withAvatar(base, 2, () => undefined);
  assert.deepEqual(onTop({ base, mine, theirs }).avatars, mine.avatars);
});

test("a save carries only what changed, and nothing when nothing did", () => {
  assert.equal(changeFor(base, { ...base, avatars: [...base.avatars] }), undefined);
  assert.deepEqual(changeFor(base, { ...base, title: "New" }), { title: "New" });
  assert.deepEqual(Object.keys(changeFor(base, moved(base, 0, 1)) ?? {}), ["avatars"]);
});
