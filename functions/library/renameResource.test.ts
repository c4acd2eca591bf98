import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { renameResourceRoute } from "./renameResource.ts";
import { asMember, ID, recording, resourceRow, signer } from "./testing/rows.ts";

const PATH = `/v1/resources/${ID}`;
const body = { title: "The garden in spring" };
const deps = (rows: readonly object[]) => ({
  ...recording,
  db: databaseGiving(rows),
  signer,
  newId: () => "v2",
});

test("a title is changed for the states named, with its words; the new ETag is given", async () => {
  const given = deps([asMember(resourceRow({ version: "v2", title: body.title }))]);
  const ask = callerOf(renameResourceRoute, given);
  const { status, json, headers } = await ask("PATCH", PATH, { body, headers: { "if-match": '"v1", "v0"' } });
  assert.deepEqual([status, json.title, headers.get("etag")], [200, body.title, '"v2"']);
  const { asked } = given.db;
  assert.deepEqual(asked[2], [ID, body.title, "v2", ["v1", "v0"]]);
  assert.deepEqual(asked.at(-2), [ID, ["the", "garden", "in", "spring"], "samples"]);
  assert.deepEqual(asked.at(-1), ["space", recording.clock(), ["resource"], [ID], ["put"]]);
});

test("without If-Match it is 428, with none that can be 400, and nothing is changed", async () => {
  const given = deps([resourceRow()]);
  const ask = callerOf(renameResourceRoute, given);
  const answer = await ask("PATCH", PATH, { body });
  assert.deepEqual([answer.status, answer.json.code], [428, "precondition_required"]);
  const odd = await ask("PATCH", PATH, { body, headers: { "if-match": "v1" } });
  assert.deepEqual([odd.status, odd.json.code], [400, "invalid_request"]);
  assert.deepEqual(given.db.asked, []);
});

test("another space's is 404 and a sample 403", async () => {
  const headers = { "if-match": "*" };
  const none = await callerOf(renameResourceRoute, deps([]))("PATCH", PATH, { body, headers });
  assert.deepEqual([none.status, none.json.code], [404, "not_found"]);
  const sample = callerOf(renameResourceRoute, deps([resourceRow({ space_id: null })]));
  assert.equal((await sample("PATCH", PATH, { body, headers })).json.code, "forbidden");
});

test("a body without a good title is 400", async () => {
  const ask = callerOf(renameResourceRoute.performing(unreached), {});
  for (const bad of [
    {},
    { title: " " },
    { title: "a\0" },
    { title: "x".repeat(201) },
    { ...body, kind: "x" },
  ]) {
    assert.equal((await ask("PATCH", PATH, { body: bad, headers: { "if-match": "*" } })).status, 400);
  }
});
