import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { test } from "node:test";
import { faultsOf } from "#engine/reference/testing/glb.ts";
import { gardenModel } from "./testing/garden.ts";

const file = (name: string) => new URL(`sets/garden/${name}`, import.meta.url);

test("the committed garden is what its maker makes, valid and small", async () => {
  const committed = await readFile(file("garden.glb"));
  assert.ok(committed.equals(await gardenModel()));
  assert.deepEqual(await faultsOf(committed), []);
  const sizes = await Promise.all(["garden.glb", "poster.jpg"].map((name) => stat(file(name))));
  assert.ok(sizes.every(({ size }) => size < 100_000));
});
