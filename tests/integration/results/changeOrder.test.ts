/** The change log of a space whose new results arrive at the same time, on several instances. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { syncResult } from "#shared/results/syncResult.ts";
import { type Family, family, type ResultsWorld, resultOf, resultsWorld, writeResult } from "./harness.ts";

let world: ResultsWorld;
let home: Family;
before(async () => {
  world = await resultsWorld();
  home = await family(world);
});
after(() => world.drop());

test("results that arrive at once have numbers without a gap, visible in their order", async () => {
  const results = await Promise.all(Array.from({ length: 60 }, () => resultOf(world, home)));
  for (const result of results) await writeResult(world, result.jobId, result);
  const numbers = async () => {
    const { rows } = await world.backend.pool.query<{ seq: string }>(
      "SELECT seq FROM changes WHERE space_id = $1 AND type = 'resource' ORDER BY seq",
      [home.spaceId],
    );
    return rows.map(({ seq }) => Number(seq));
  };
  const { rows } = await world.backend.pool.query<{ seq: string }>("SELECT seq FROM spaces WHERE id = $1", [
    home.spaceId,
  ]);
  const first = Number(rows[0]?.seq) + 1;
  const pools = [world.deps, world.depsOf("sweep"), world.depsOf("admin")] as const;
  let isOver = false;
  const syncing = Promise.all(
    results.flatMap(({ jobId }, index) =>
      [0, 1].map((more) => syncResult(jobId, pools[(index + more) % 3] ?? world.deps)),
    ),
  ).finally(() => {
    isOver = true;
  });
  let looks = 0;
  while (!isOver) {
    const seen = await numbers();
    assert.deepEqual(
      seen,
      seen.map((_, index) => first + index),
    );
    looks += 1;
  }
  const outcomes = await syncing;
  assert.equal(outcomes.filter((outcome) => outcome === "synced").length, results.length);
  assert.equal((await numbers()).length, results.length);
  assert.ok(looks > 1);
});
