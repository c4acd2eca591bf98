import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Response as OurResponse, Headers as Ours } from "./webObjects.ts";

/** Runs once for each pair: ours and Node's own, side by side. */
const change = fc.record({
  does: fc.constantFrom("set" as const, "append" as const, "delete" as const),
  name: fc.constantFrom("Vary", "vary", "ETag", "Set-Cookie", "x-request-id"),
  value: fc.constantFrom("a", "b; path=/", "c, d"),
});

test("headers after any changes read as Node's own do", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const ours = new Ours();
      const nodes = new Headers();
      for (const { does, name, value } of changes)
        for (const headers of [ours, nodes])
          does === "delete" ? headers.delete(name) : headers[does](name, value);
      const sorted = (pairs: Iterable<[string, string]>) => [...pairs].map(String).sort();
      assert.deepEqual(sorted(ours), sorted(nodes));
      assert.deepEqual(ours.getSetCookie(), nodes.getSetCookie());
      for (const name of ["vary", "VARY", "set-cookie", "nothing"]) {
        assert.equal(ours.get(name), nodes.get(name));
        assert.equal(ours.has(name), nodes.has(name));
      }
    }),
  );
});

test("headers are made of a record, of pairs and of other headers", () => {
  for (const given of [
    { ETag: '"1"', Vary: "Origin" },
    new Map([
      ["ETag", '"1"'],
      ["Vary", "Origin"],
    ]),
  ])
    assert.deepEqual(
      [...new Ours(new Ours(given))],
      [
        ["etag", '"1"'],
        ["vary", "Origin"],
      ],
    );
});

test("an answer keeps its body as it was given, and reads it as text, JSON and bytes", async () => {
  const answer = new OurResponse('{"a":1}', { status: 201, headers: { "content-type": "application/json" } });
  assert.equal(answer.body, '{"a":1}');
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.deepEqual(await answer.json(), { a: 1 });
  assert.equal(
    await new OurResponse(Buffer.from("\uFEFFä")).text(),
    await new Response(Buffer.from("\uFEFFä")).text(),
  );
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from("one "));
      controller.enqueue(Buffer.from("two"));
      controller.close();
    },
  });
  assert.equal(await new OurResponse(stream).text(), "one two");
  assert.equal(await new OurResponse().text(), "");
  assert.equal(
    new OurResponse("text").headers.get("content-type"),
    new Response("text").headers.get("content-type"),
  );
});
