/** `streams` and `jobs` as functions-framework runs them: each in its own instance. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { appOf } from "#shared/platform/http/app.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import type { Route } from "#shared/platform/http/route.ts";
import { testHttp } from "#shared/platform/http/testing/caller.ts";
import { ID, jobView } from "#shared/queue/testing/jobView.ts";
import { openStreams } from "./openStreams.ts";
import { streamJobEventsRoute } from "./streamJobEvents.ts";

const PER_INSTANCE = 3;

async function running(name: string, route: Route<unknown>): Promise<string> {
  http(name, httpFunction(appOf(() => ({ http: testHttp }), [route])));
  const server = getTestServer(name);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A TCP server's address is of this shape.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a full instance refuses a stream with Retry-After; one that leaves makes room", async () => {
  const open = openStreams({ perAccount: 2, perInstance: PER_INSTANCE });
  let openNow = 0;
  const origin = await running(
    "streams",
    streamJobEventsRoute.performing(async ({ userId }) => {
      return {
        async *events(signal) {
          yield { id: "1", event: "job", data: jobView() };
          if (!signal.aborted) await once(signal, "abort");
        },
        mayGoOn: async () => true,
        takePlace: () => {
          const end = open.add(userId);
          openNow += 1;
          return () => {
            openNow -= 1;
            end();
          };
        },
      };
    }),
  );
  const watch = (person: string, signal?: AbortSignal) =>
    fetch(`${origin}/v1/jobs/${ID}/events`, {
      headers: { authorization: `Bearer ${person}` },
      ...(signal ? { signal } : {}),
    });
  const leaving = new AbortController();
  for (const person of ["kim", "lee", "park"]) {
    const answer = await watch(person, leaving.signal);
    const first = await answer.body?.getReader().read(); // flows while the stream is open
    assert.match(Buffer.from(first?.value ?? []).toString(), /^retry: 1000/);
  }
  const refused = await watch("choi");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "10"]);
  assert.equal(((await refused.json()) as { code: string }).code, "rate_limited");
  leaving.abort();
  while (openNow > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const answer = await watch("choi");
  assert.equal(answer.status, 200);
  await answer.body?.cancel();
});
