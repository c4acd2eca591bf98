import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { adoptTrace, currentTrace, traceHeaders, traceOfHeaders, traceparentOf, withTrace } from "./trace.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER = "0af7651916cd43dd8448eb211c80319c";
const named = (headers: Record<string, string>) => traceOfHeaders((name) => headers[name]);

test("a trace is read from traceparent, or else from Google's header", () => {
  assert.equal(named({ traceparent: `00-${ID}-00f067aa0ba902b7-01` }), ID);
  assert.equal(named({ "x-cloud-trace-context": `${ID}/123;o=1` }), ID);
  assert.equal(
    named({ traceparent: `00-${ID}-00f067aa0ba902b7-01`, "x-cloud-trace-context": `${OTHER}/1` }),
    ID,
  );
  assert.equal(named({ traceparent: traceparentOf(ID) }), ID);
});

test("a malformed or empty trace is as if there were none", () => {
  for (const traceparent of [
    "",
    "x",
    ID,
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-${ID.toUpperCase()}-1-01`,
  ])
    assert.equal(named({ traceparent }), undefined, traceparent);
  assert.equal(named({ traceparent: "rubbish", "x-cloud-trace-context": `${ID}/1` }), ID);
});

test("work has its own trace across waits; work beside it keeps another", async () => {
  const seen = await Promise.all(
    [ID, OTHER].map((id) =>
      withTrace(id, async () => {
        await nextTurn();
        return [
          currentTrace(),
          traceOfHeaders((name) => (name === "traceparent" ? traceHeaders().traceparent : "")),
        ];
      }),
    ),
  );
  assert.deepEqual(seen, [
    [ID, ID],
    [OTHER, OTHER],
  ]);
  assert.equal(currentTrace(), undefined);
  assert.deepEqual(traceHeaders(), {});
});

test("work without a trace begins one; it can change to its job's", async () => {
  await withTrace(undefined, async () => {
    assert.match(currentTrace() ?? "", /^[0-9a-f]{32}$/);
    await nextTurn();
    adoptTrace(ID);
    assert.equal(currentTrace(), ID);
    adoptTrace(null);
    assert.equal(currentTrace(), ID);
  });
  adoptTrace(ID);
  assert.equal(currentTrace(), undefined);
});
