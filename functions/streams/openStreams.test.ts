import assert from "node:assert/strict";
import { test } from "node:test";
import { openStreams } from "./openStreams.ts";

const refused = { code: "rate_limited", status: 429, retryAfterSeconds: 10 };

test("an account over its limit is refused, others not; an end makes room once", () => {
  const open = openStreams({ perAccount: 2, perInstance: 10 });
  const end = open.add("kim");
  open.add("kim");
  assert.throws(() => open.add("kim"), refused);
  open.add("lee");
  end();
  end();
  open.add("kim");
  assert.throws(() => open.add("kim"), refused);
});

test("an instance over its limit refuses everyone until a stream ends", () => {
  const open = openStreams({ perAccount: 2, perInstance: 3 });
  const [end] = ["kim", "lee", "park"].map((person) => open.add(person));
  assert.throws(() => open.add("choi"), refused);
  end?.();
  open.add("choi");
  assert.throws(() => open.add("kim"), refused);
});
