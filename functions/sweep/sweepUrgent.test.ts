import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import type { Repair } from "./runRepairs.ts";
import { sweepUrgentRoute } from "./sweepUrgent.ts";

test("the urgent repairs run, and no slow one; one that fails stops no other", async () => {
  const ran: string[] = [];
  const repair = (name: string, schedule: Repair["schedule"], run: Repair["run"]): Repair => ({
    name,
    schedule,
    budgetSeconds: 10,
    run: (...args) => {
      ran.push(name);
      return run(...args);
    },
  });
  const repairs = [
    repair("broken", "urgent", async () => {
      throw new Error("the store is away");
    }),
    repair("end_expired_leases", "urgent", async () => ({ did: { ended: 2 }, errors: [], cut: false })),
    repair("purge_accounts", "slow", async () => ({ did: {}, errors: [], cut: false })),
  ];
  const { status, json } = await callerOf(sweepUrgentRoute, { repairs })("POST", "/urgent", { token: null });
  assert.equal(status, 200);
  assert.deepEqual(ran, ["broken", "end_expired_leases"]);
  assert.deepEqual([json.failed, json.left], [1, 0]);
  assert.deepEqual(
    json.repairs.map(({ milliseconds: _, ...report }: { milliseconds: number }) => report),
    [
      { name: "broken", ok: false, cut: false, did: {} },
      { name: "end_expired_leases", ok: true, cut: false, did: { ended: 2 } },
    ],
  );
});
