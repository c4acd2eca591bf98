import assert from "node:assert/strict";
import { test } from "node:test";
import { planCloud } from "./plan.ts";
import { warmUp } from "./warmUp.ts";

const plan = planCloud({ portBase: 20_000, dataDir: "/tmp/none", fresh: false, engine: false });

test("each function on a video's way is started, one after the other", async () => {
  const asked: string[] = [];
  let open = 0;
  await warmUp(plan, async (url, init) => {
    open += 1;
    assert.equal(open, 1);
    const { pathname, host } = new URL(String(url));
    assert.equal(host, `127.0.0.1:${plan.ports.functions}`);
    asked.push(`${init?.method} ${pathname} ${JSON.stringify(init?.headers ?? {})}`);
    await null;
    open -= 1;
    if (asked.length === 2) throw new TypeError("fetch failed");
    return new Response(null, { status: 401 });
  });
  const start = (trigger: string) =>
    `POST /functions/projects/demo-reverie/triggers/us-central1-${trigger} {"x-start-only":"true"}`;
  const http = (name: string) => [start(name), `HEAD /demo-reverie/us-central1/${name}/ {}`];
  const event = (name: string) => start(`${name}-0`);
  assert.deepEqual(asked, [
    ...[
      http("groups"),
      http("uploads"),
      event("ingest"),
      http("jobs"),
      http("dispatch"),
      http("engine"),
    ].flat(),
    ...[http("streams"), event("sync"), http("library"), event("notify")].flat(),
  ]);
});
