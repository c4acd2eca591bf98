import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { announceOutputsRoute } from "./announceOutputs.ts";
import { completeJobRoute } from "./completeJob.ts";
import type { EngineDeps } from "./deps.ts";
import { failJobRoute } from "./failJob.ts";
import { releaseLeaseRoute } from "./releaseLease.ts";
import { renewLeaseRoute } from "./renewLease.ts";
import { PATH, token } from "./testing/lease.ts";

test("on every route of a lease, a lost lease is answered before a bad body", async () => {
  // No id of a lease: it is judged without any store, and so nothing else of the deps is reached.
  const deps = { firestore: undefined } as unknown as EngineDeps;
  for (const [route, call] of [
    [renewLeaseRoute, "renew"],
    [announceOutputsRoute, "outputs"],
    [completeJobRoute, "complete"],
    [failJobRoute, "fail"],
    [releaseLeaseRoute, "release"],
  ] as const) {
    for (const text of ["{", '{"no":"such field"}', '"\\ud800"']) {
      const { status, json } = await callerOf(route, deps)("POST", `${PATH}/${call}`, { text, token });
      assert.deepEqual([status, json.code], [409, "lease_lost"], call);
    }
  }
});
