import assert from "node:assert/strict";
import { test } from "node:test";
import { functions } from "#shared/manifest.ts";
import { secretSettings, settingSchemas, settingsFor } from "./settings.ts";

const NOTIFY = {
  GOOGLE_CLOUD_PROJECT: "demo-x",
  PUBLIC_ORIGIN: "https://api.example/",
  DATABASE_URL: "postgres://user:hunter2@db/x",
};

test("a function gets the settings its manifest lists, parsed, with defaults, and no others", () => {
  const settings = settingsFor("notify", { ...NOTIFY, SMTP_URL: "smtp://x", DATABASE_POOL_MAX: "" });
  assert.equal(settings.PUBLIC_ORIGIN, "https://api.example");
  assert.equal(settings.LOG_LEVEL, "info");
  assert.equal(settings.DATABASE_IAM, false);
  assert.equal("SMTP_URL" in settings, false);
  assert.deepEqual(Object.keys(settings).sort(), [...functions.notify.settings].sort());
});

test("what is missing or malformed is named all at once, and no value is quoted", () => {
  const bad = { ...NOTIFY, GOOGLE_CLOUD_PROJECT: undefined, DATABASE_URL: "mysql://user:hunter2@db/x" };
  assert.throws(
    () => settingsFor("notify", bad),
    (error: Error) => {
      assert.match(error.message, /GOOGLE_CLOUD_PROJECT: missing/);
      assert.match(error.message, /DATABASE_URL/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
});

test("secrets are settings, and each is read by some function", () => {
  for (const secret of secretSettings) {
    assert.ok(secret in settingSchemas);
    const readers = Object.values(functions).filter((entry) =>
      (entry.settings as readonly string[]).includes(secret),
    ); // widened to search
    assert.ok(readers.length > 0, secret);
  }
});
