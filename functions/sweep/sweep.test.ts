import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import type { Repair } from "./runRepairs.ts";
import { sweepRoute } from "./sweep.ts";

test("every repair runs and is reported; one that fails keeps no other from running", async () => {
  const ran: string[] = [];
  const repair = (name: string, run: Repair["run"]): Repair => ({
    name,
    run: () => {
      ran.push(name);
      return run();
    },
  });
  const repairs = [
    repair("broken", async () => {
      throw new Error("the store is away");
    }),
    repair("end_expired_leases", async () => ({ did: { ended: 2 }, errors: [] })),
  ];
  const { status, json } = await callerOf(sweepRoute, { repairs })("POST", "/", { token: null });
  assert.equal(status, 200);
  assert.deepEqual(ran, ["broken", "end_expired_leases"]);
  assert.deepEqual([json.failed, json.left], [1, 0]);
  assert.deepEqual(
    json.repairs.map(({ name, ok, did }: { name: string; ok: boolean; did: object }) => ({ name, ok, did })),
    [
      { name: "broken", ok: false, did: {} },
      { name: "end_expired_leases", ok: true, did: { ended: 2 } },
    ],
  );
});
