import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { ID, jobView } from "#shared/queue/testing/jobView.ts";
import { streamJobEventsRoute } from "./streamJobEvents.ts";

const PATH = `/v1/jobs/${ID}/events`;

test("each change is an event with its id, and the stream ends with the job", async () => {
  const inputs: unknown[] = [];
  const ended = jobView({ state: "succeeded", position: null });
  const route = streamJobEventsRoute.performing(async (input) => {
    inputs.push(input);
    return {
      async *events() {
        yield { id: "1/3", event: "job", data: jobView() };
        yield { id: "2", event: "job", data: ended };
      },
      mayGoOn: async () => true,
      takePlace: () => () => {},
    };
  });
  const { status, headers, text } = await callerOf(route, {})("GET", PATH, {
    headers: { "last-event-id": "0", "accept-language": "fr, ko-KR;q=0.8, en;q=0.5" },
  });
  assert.equal(status, 200);
  assert.match(headers.get("content-type") ?? "", /^text\/event-stream/);
  const data = text.split("\n").filter((line) => line.startsWith("data: "));
  assert.deepEqual(
    data.map((line) => JSON.parse(line.slice("data: ".length))),
    [jobView(), ended],
  );
  assert.deepEqual(text.match(/^id: .*$/gm), ["id: 1/3", "id: 2"]);
  assert.deepEqual(inputs, [
    { userId: PERSON, sessionId: `session-of-${PERSON}`, language: "ko", id: ID, lastEventId: "0" },
  ]);
});

test("a job whose end was heard is 204, so that the phone asks no more", async () => {
  const route = streamJobEventsRoute.performing(async () => undefined);
  const { status, text } = await callerOf(route, {})("GET", PATH);
  assert.deepEqual([status, text], [204, ""]);
});

test("another space's job is 404 as a problem; what can't be one is never watched", async () => {
  const missing = streamJobEventsRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(missing, {})("GET", PATH)).json.code, "not_found");
  const ask = callerOf(streamJobEventsRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/jobs/job-1/events")).status, 404);
});
