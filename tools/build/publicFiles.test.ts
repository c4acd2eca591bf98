import assert from "node:assert/strict";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writePublicFiles } from "./publicFiles.ts";

const dir = mkdtempSync(join(tmpdir(), "reverie-public-"));
before(() => writePublicFiles(dir, "https://api.example.com"));
after(() => rmSync(dir, { recursive: true, force: true }));

test("a page loads only files that are written, and nothing from another origin", () => {
  const pages = globSync("**/*.html", { cwd: dir });
  assert.deepEqual(pages.sort(), ["404.html", "docs.html", "index.html"]);
  for (const page of pages) {
    const html = readFileSync(join(dir, page), "utf8");
    for (const [, url = ""] of html.matchAll(/\b(?:src|href)="([^"]+)"/g)) {
      if (url === "data:,") continue; // no icon
      const path = url === "/docs" ? "docs.html" : url;
      assert.ok(url.startsWith("/") && existsSync(join(dir, path)), `${page} loads ${url}`);
    }
    assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\son\w+=/, `${page} has something inline`);
  }
});

test("the document names the origin that it is built for", () => {
  const { servers } = JSON.parse(readFileSync(join(dir, "v1/openapi.json"), "utf8"));
  assert.deepEqual(servers, [{ url: "https://api.example.com", description: "The one origin." }]);
});

test("patterns have no flags, and lists of fixed length say how long they are", () => {
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    const { pattern, prefixItems, minItems, maxItems } = schema as Record<string, unknown>;
    if (typeof pattern === "string") {
      assert.doesNotMatch(pattern, /\$\/[a-z]+$/, path);
      new RegExp(pattern, "u");
    }
    if (Array.isArray(prefixItems))
      assert.deepEqual([minItems, maxItems], [prefixItems.length, prefixItems.length], path);
    for (const [key, value] of Object.entries(schema)) visit(value, `${path}/${key}`);
  };
  visit(JSON.parse(readFileSync(join(dir, "v1/openapi.json"), "utf8")), "");
});
