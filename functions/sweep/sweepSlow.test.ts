import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import type { Repair } from "./runRepairs.ts";
import { sweepSlowRoute } from "./sweepSlow.ts";

test("the slow repairs run, and no urgent one", async () => {
  const ran: string[] = [];
  const repair = (name: string, schedule: Repair["schedule"]): Repair => ({
    name,
    schedule,
    budgetSeconds: 10,
    run: async () => {
      ran.push(name);
      return { did: {}, errors: [], cut: false };
    },
  });
  const repairs = [repair("end_expired_leases", "urgent"), repair("purge_accounts", "slow")];
  const { status, json } = await callerOf(sweepSlowRoute, { repairs })("POST", "/slow", { token: null });
  assert.equal(status, 200);
  assert.deepEqual(ran, ["purge_accounts"]);
  assert.deepEqual([json.failed, json.left], [0, 0]);
});
