import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { ID } from "#shared/queue/testing/jobView.ts";
import { streamSpaceEventsRoute } from "./streamSpaceEvents.ts";

const PATH = `/v1/spaces/${ID}/events`;
const change = (seq: number) => ({
  seq,
  type: "resource",
  id: `r${seq}`,
  op: "put",
  at: "2026-03-01T10:00:00.000Z",
});

test("each change is an event whose id is its number", async () => {
  const inputs: unknown[] = [];
  const route = streamSpaceEventsRoute.performing(async (input) => {
    inputs.push(input);
    return {
      async *events() {
        yield { id: "7", event: "reset", data: { nextSeq: 7 } };
        yield { id: "8", event: "change", data: change(8) };
      },
      mayGoOn: async () => true,
      takePlace: () => () => {},
    };
  });
  const ask = callerOf(route, {});
  const { status, headers, text } = await ask("GET", PATH, { headers: { "last-event-id": "6" } });
  assert.equal(status, 200);
  assert.match(headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(
    text,
    `retry: 1000\n\nid: 7\nevent: reset\ndata: {"nextSeq":7}\n\nid: 8\nevent: change\ndata: ${JSON.stringify(change(8))}\n\n`,
  );
  await ask("GET", `${PATH}?after=3`, { headers: { "last-event-id": "6" } });
  await ask("GET", `${PATH}?after=3`);
  await ask("GET", `${PATH}?after=`, { headers: { "last-event-id": "" } });
  const base = { userId: PERSON, sessionId: `session-of-${PERSON}`, id: ID };
  assert.deepEqual(
    inputs,
    [6, 6, 3, 0].map((after) => ({ ...base, after })),
  );
});

test("another's space is 404; a number that is none is 400 and opens nothing", async () => {
  const missing = streamSpaceEventsRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(missing, {})("GET", PATH)).json.code, "not_found");
  const ask = callerOf(streamSpaceEventsRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/spaces/s-1/events")).status, 404);
  assert.equal((await ask("GET", `${PATH}?after=x`)).json.code, "invalid_request");
  const odd = await ask("GET", PATH, { headers: { "last-event-id": "2026-03-01T10:00:00Z/3" } });
  assert.equal(odd.json.code, "invalid_request");
});
