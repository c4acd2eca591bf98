import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { KIT_FAILURES } from "#engine/kit/leaseWork.ts";
import { FAILURE_CODES } from "#shared/kinds/failures.ts";
import { CONVERSION_ERROR_CODES } from "./conversionError.ts";

test("the gateway has sentences for each failure of this engine, kit and example", async () => {
  const example = await readFile(new URL("../../docs/engine/example.py", import.meta.url), "utf8");
  const examples = [...example.matchAll(/"fail", \{"code": "(\w+)"/g)].map((match) => match[1]);
  assert.ok(examples.length > 0);
  const codes = [...CONVERSION_ERROR_CODES, ...Object.keys(KIT_FAILURES), ...examples];
  assert.deepEqual(
    codes.filter((code) => code === undefined || !FAILURE_CODES.includes(code)),
    [],
  );
});
