import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { leaseJobsRoute } from "./leaseJobs.ts";
import { token } from "./testing/lease.ts";

const BODY = { engineId: "gpu-1", kinds: ["scene"], max: 2, leaseSeconds: 60 };

test("an engine gets its leases, asked for by its account, with its key", async () => {
  const lease = {
    leaseId: "l",
    expiresAt: "2026-03-01T10:01:00.000Z",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    job: { id: "job", kind: "scene", title: "The sea", params: {}, attempt: 1 },
    inputs: { video: { url: "https://s.example/v", contentType: "video/mp4", size: 1, crc32c: "AAAAAA==" } },
  };
  const inputs: unknown[] = [];
  const route = leaseJobsRoute.performing(async (input) => {
    inputs.push(input);
    return [lease];
  });
  const headers = { "idempotency-key": "k1" };
  const { status, json } = await callerOf(route, {})("POST", "/v1/engine/leases", {
    body: BODY,
    headers,
    token,
  });
  assert.deepEqual([status, json], [200, { leases: [lease] }]);
  assert.deepEqual(inputs, [{ caller: "service@example.com", key: "k1", body: BODY }]);
});

test("a person's token is no engine's, and nothing is leased", async () => {
  const ask = callerOf(leaseJobsRoute.performing(unreached), {});
  const { status, json } = await ask("POST", "/v1/engine/leases", { body: BODY, token: "person" });
  assert.deepEqual([status, json.code], [401, "token_invalid"]);
});

test("a body that can't be is 400, and nothing is leased", async () => {
  const ask = callerOf(leaseJobsRoute.performing(unreached), {});
  for (const changes of [{ kinds: [] }, { max: 0 }, { max: 21 }, { engineId: "" }, { leaseSeconds: 1.5 }]) {
    const body = { ...BODY, ...changes };
    assert.equal((await ask("POST", "/v1/engine/leases", { body, token })).status, 400);
  }
});

test("an unknown kind is 400 by its own code", async () => {
  const route = leaseJobsRoute.performing(async () => {
    throw errors.unknownKind("kinds.0: expected one of scene, avatar");
  });
  const { status, json } = await callerOf(route, {})("POST", "/v1/engine/leases", { body: BODY, token });
  assert.deepEqual([status, json.code], [400, "unknown_kind"]);
});
