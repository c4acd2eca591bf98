import assert from "node:assert/strict";
import { test } from "node:test";
import { ReverieError } from "../platform/errors.ts";
import { giveBytesBack, takeBytes } from "./budget.ts";

const rule = { bytesPerSpace: 100, retentionDays: 7 };
const at = (text: string) => new Date(text);

function refusal(days: Readonly<Record<string, number>>, size: number, now: Date): ReverieError {
  try {
    takeBytes(days, size, now, rule);
  } catch (error) {
    assert.ok(error instanceof ReverieError);
    return error;
  }
  return assert.fail("nothing was refused");
}

test("bytes add up by day; the last byte fits, one more is refused with what is left", () => {
  const now = at("2026-03-01T10:00:00Z");
  const days = takeBytes(takeBytes({}, 40, now, rule), 50, now, rule);
  assert.deepEqual(days, { "2026-03-01": 90 });
  assert.deepEqual(takeBytes(days, 10, now, rule), { "2026-03-01": 100 });
  const { code, status, issues, retryAfterSeconds } = refusal(days, 11, now);
  assert.deepEqual([code, status], ["upload_budget_spent", 429]);
  assert.deepEqual(issues, [{ path: "size", message: "at most 10 bytes are left" }]);
  assert.equal(retryAfterSeconds, 8 * 86_400 - 10 * 3_600, "when the first of March no longer counts");
});

test("what was asked for longer ago than uploads are kept is free, and no earlier", () => {
  const days = { "2026-03-01": 60, "2026-03-02": 40 };
  assert.equal(refusal(days, 1, at("2026-03-08T23:59:59Z")).retryAfterSeconds, 1);
  assert.deepEqual(takeBytes(days, 60, at("2026-03-09T00:00:00Z"), rule), {
    "2026-03-02": 40,
    "2026-03-09": 60,
  });
  assert.equal(refusal(days, 61, at("2026-03-09T00:00:00Z")).retryAfterSeconds, 86_400);
});

test("what is larger than the whole budget is refused without a time", () => {
  assert.equal(refusal({ "2026-03-01": 60 }, 101, at("2026-03-01T00:00:00Z")).retryAfterSeconds, undefined);
  assert.equal(refusal({}, 101, at("2026-03-01T00:00:00Z")).retryAfterSeconds, undefined);
});

test("a rejected upload gives its bytes back to its own day, and never more than that", () => {
  const days = { "2026-03-01": 60, "2026-03-02": 40 };
  assert.deepEqual(giveBytesBack(days, 60, at("2026-03-01T23:00:00Z")), { ...days, "2026-03-01": 0 });
  assert.deepEqual(giveBytesBack(days, 70, at("2026-03-01T23:00:00Z")), { ...days, "2026-03-01": 0 });
  assert.deepEqual(giveBytesBack(days, 5, at("2026-02-01T00:00:00Z")), days);
});
