import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Binding, policyInFile, policyOf, resources } from "./policy.ts";

const MEMBER = "reverie-sync@demo.iam.gserviceaccount.com";
const BUCKET = resources.bucket("results");
const creates: Binding = { member: MEMBER, role: "roles/storage.objectCreator", resource: BUCKET };

test("a role allows its permissions, to its member, on its resource, and nothing else", () => {
  const { allows } = policyOf([creates]);
  assert.ok(allows(MEMBER, "storage.objects.create", BUCKET, "a"));
  assert.ok(!allows(MEMBER, "storage.objects.delete", BUCKET, "a"));
  assert.ok(!allows(MEMBER, "storage.objects.create", resources.bucket("uploads"), "a"));
  assert.ok(!allows("other@demo.iam.gserviceaccount.com", "storage.objects.create", BUCKET, "a"));
});

test("a role on the project holds for all in it, the owner's allows everything", () => {
  const owner: Binding = {
    member: "owner@demo.iam.gserviceaccount.com",
    role: "roles/owner",
    resource: "project",
  };
  const { allows } = policyOf([{ ...creates, resource: "project" }, owner]);
  assert.ok(allows(MEMBER, "storage.objects.create", BUCKET));
  assert.ok(allows(owner.member, "iam.serviceAccounts.actAs", resources.serviceAccount(MEMBER)));
});

test("a condition holds for objects with the prefix, and for nothing else", () => {
  const { allows } = policyOf([{ ...creates, prefix: "quarantine/" }]);
  assert.ok(allows(MEMBER, "storage.objects.create", BUCKET, "quarantine/a.json"));
  assert.ok(!allows(MEMBER, "storage.objects.create", BUCKET, "spaces/a"));
  assert.ok(!allows(MEMBER, "storage.objects.create", BUCKET));
});

test("a role that is taken out of the file is refused from the next call on", () => {
  const dir = mkdtempSync(join(tmpdir(), "policy-"));
  try {
    const file = join(dir, "policy.json");
    const write = (bindings: Binding[]) => {
      writeFileSync(`${file}.new`, JSON.stringify({ bindings }));
      renameSync(`${file}.new`, file);
    };
    write([creates]);
    const { allows } = policyInFile(file);
    assert.ok(allows(MEMBER, "storage.objects.create", BUCKET));
    write([]);
    assert.ok(!allows(MEMBER, "storage.objects.create", BUCKET));
    writeFileSync(file, JSON.stringify({ bindings: [{ ...creates, role: "roles/storage.unknown" }] }));
    assert.throws(() => allows(MEMBER, "storage.objects.create", BUCKET), /role that is listed/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
