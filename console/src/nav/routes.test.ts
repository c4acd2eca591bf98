import assert from "node:assert/strict";
import { test } from "node:test";
import { href, matchRoute } from "./routes.ts";

test("an address leads to its page, with and without a slash at the end", () => {
  assert.deepEqual(matchRoute("/"), { name: "home", params: {} });
  assert.deepEqual(matchRoute("/library/"), { name: "library", params: {} });
  assert.deepEqual(matchRoute("/look/a%2Fb"), { name: "look", params: { resourceId: "a/b" } });
  assert.deepEqual(matchRoute("/videos/new"), { name: "newVideo", params: {} });
});

test("an address of no page, or one that can't be decoded, leads nowhere", () => {
  for (const path of ["/nothing", "/look/", "/look/%zz", "/look/a/b", ""])
    assert.equal(matchRoute(path), undefined);
});

test("a page's address leads back to it, with any parameters", () => {
  for (const resourceId of ["abc", "a/b", "ä ö", "%2F"]) {
    assert.deepEqual(matchRoute(href("look", { resourceId })), { name: "look", params: { resourceId } });
  }
});
