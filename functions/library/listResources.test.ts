import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCursor } from "#shared/platform/http/cursor.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { listResourcesRoute } from "./listResources.ts";
import { asMember, ID, resourceRow, signer } from "./testing/rows.ts";

test("a page has at most limit items, and a cursor while there are more", async () => {
  const db = databaseGiving([asMember(resourceRow()), resourceRow({ id: "next" })]);
  const ask = callerOf(listResourcesRoute, { db, signer });
  const { status, json } = await ask("GET", "/v1/resources?limit=1&kind=scene");
  assert.equal(status, 200);
  assert.deepEqual(
    json.items.map(({ id }: { id: string }) => id),
    [ID],
  );
  assert.deepEqual(decodeCursor(json.nextCursor), ["2026-03-01T10:00:00.123456Z", ID]);
  assert.deepEqual(db.asked, [[PERSON, ["care", "personal"], 2, "scene", null, null]]);

  const next = await ask("GET", `/v1/resources?limit=2&cursor=${json.nextCursor}&spaceId=${ID}`);
  assert.equal(next.json.nextCursor, null);
  assert.deepEqual(db.asked.slice(1), [[PERSON, ID, 3, null, "2026-03-01T10:00:00.123456Z", ID]]);
});

test("an empty limit, cursor, kind and q are as if they weren't there", async () => {
  const db = databaseGiving([asMember(resourceRow())]);
  const ask = callerOf(listResourcesRoute, { db, signer });
  const { status } = await ask("GET", "/v1/resources?limit=&cursor=&kind=&q=&spaceId=");
  assert.deepEqual([status, db.asked.at(-1)], [200, [PERSON, ["care", "personal"], 21, null, null, null]]);
});

test("a search asks for the ranges of its words; one of signs only finds nothing", async () => {
  const db = databaseGiving([asMember(resourceRow())]);
  const ask = callerOf(listResourcesRoute, { db, signer });
  await ask("GET", "/v1/resources?q=Caf%C3%A9%20GR");
  assert.deepEqual(db.asked, [
    [PERSON, ["care", "personal"], 21, null, null, null, ["cafe", "gr"], ["cafe\u{10FFFF}", "gr\u{10FFFF}"]],
  ]);
  assert.deepEqual((await ask("GET", "/v1/resources?q=!%3F")).json, { items: [], nextCursor: null });
  assert.equal(db.asked.length, 2);
});

test("an empty page has no items; without a row the reader isn't in the space", async () => {
  const listing = (rows: object[]) => callerOf(listResourcesRoute, { db: databaseGiving(rows), signer });
  for (const query of ["", "q=garden"]) {
    const empty = await listing([{ ...resourceRow(), id: null }])("GET", `/v1/resources?${query}`);
    assert.deepEqual([empty.status, empty.json], [200, { items: [], nextCursor: null }]);
    const { status, json } = await listing([])("GET", `/v1/resources?spaceId=${ID}&${query}`);
    assert.deepEqual([status, json.code], [404, "not_found"]);
    const erased = await listing([])("GET", `/v1/resources?${query}`);
    assert.deepEqual([erased.status, erased.json.code], [401, "token_invalid"]);
  }
});

test("of a resource in a list only the poster has a URL", async () => {
  const [model] = resourceRow().files;
  const poster = { ...model, name: "poster.jpg", role: "poster" as const, object: "p" };
  const db = databaseGiving([asMember({ ...resourceRow(), files: [model, poster] }), resourceRow()]);
  const { json } = await callerOf(listResourcesRoute, { db, signer })("GET", "/v1/resources");
  const shown = { contentType: "model/gltf-binary", size: 7 };
  assert.deepEqual(
    json.items.map(({ poster, files }: Record<string, unknown>) => ({ poster, files })),
    [
      {
        poster: { url: "https://storage.example/p" },
        files: [
          { name: "scene.glb", role: "model", ...shown },
          { name: "poster.jpg", role: "poster", ...shown },
        ],
      },
      { poster: null, files: [{ name: "scene.glb", role: "model", ...shown }] },
    ],
  );
});

test("a limit, kind or cursor that can't be is 400, and nothing is read", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(listResourcesRoute, { db, signer });
  for (const query of [
    "limit=0",
    "limit=101",
    "spaceId=our%20space",
    "kind=no%20kind",
    "cursor=x",
    `q=${"x".repeat(201)}`,
  ]) {
    const { status, json } = await ask("GET", `/v1/resources?${query}`);
    assert.deepEqual([status, json.code], [400, "invalid_request"], query);
  }
  assert.deepEqual(db.asked, []);
});

test("without a token it is 401, and the list is not reached", async () => {
  const ask = callerOf(listResourcesRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/resources", { token: null })).status, 401);
});
