import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { unzipSync } from "fflate";
import { writeZips, zipOf } from "./zips.ts";

const dir = mkdtempSync(join(tmpdir(), "reverie-zips-"));
after(() => rmSync(dir, { recursive: true, force: true }));

function folder(name: string, content: string): string {
  mkdirSync(join(dir, name, "inside"), { recursive: true });
  writeFileSync(join(dir, name, "index.js"), content);
  writeFileSync(join(dir, name, "inside/more.txt"), "more");
  return join(dir, name);
}

test("the same files give the same bytes, whenever and wherever they were written", () => {
  const one = zipOf(folder("one", "exports.one = 1;"));
  const other = folder("other", "exports.one = 1;");
  utimesSync(join(other, "index.js"), new Date(0), new Date(0));
  const zone = process.env.TZ;
  process.env.TZ = "Pacific/Auckland";
  try {
    assert.deepEqual(zipOf(other), one);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
  assert.notDeepEqual(zipOf(folder("third", "exports.one = 2;")), one);
  assert.deepEqual(Object.keys(unzipSync(one)), ["index.js", "inside/more.txt"]);
});

test("a zip is named after its function and hash, and Terraform is given the name", () => {
  const dist = join(dir, "dist");
  mkdirSync(join(dist, "auth"), { recursive: true });
  writeFileSync(join(dist, "auth/index.js"), "exports.auth = 1;");
  writeZips(dist, ["auth"]);
  const [file = "", ...others] = readdirSync(join(dist, "bundles"));
  assert.deepEqual(others, []);
  assert.match(file, /^auth-[0-9a-f]{64}\.zip$/);
  const { bundles } = JSON.parse(readFileSync(join(dist, "bundles.tfvars.json"), "utf8"));
  assert.deepEqual(bundles, { auth: file });
});
