import assert from "node:assert/strict";
import { test } from "node:test";
import { type SettingName, secretSettings, settingSchemas, settingsFor } from "./settings.ts";

const NAMES = [
  "GOOGLE_CLOUD_PROJECT",
  "PUBLIC_ORIGIN",
  "LOG_LEVEL",
  "DATABASE_URL",
  "DATABASE_IAM",
  "DATABASE_POOL_MAX",
] as const satisfies readonly SettingName[];
const ENV = {
  GOOGLE_CLOUD_PROJECT: "demo-x",
  PUBLIC_ORIGIN: "https://api.example/",
  DATABASE_URL: "postgres://user:hunter2@db/x",
};

test("the settings that are named are parsed, with defaults; no others are handed out", () => {
  const settings = settingsFor(NAMES, { ...ENV, SMTP_URL: "smtp://x", DATABASE_POOL_MAX: "" });
  assert.deepEqual(settings, {
    GOOGLE_CLOUD_PROJECT: "demo-x",
    PUBLIC_ORIGIN: "https://api.example",
    LOG_LEVEL: "info",
    DATABASE_URL: "postgres://user:hunter2@db/x",
    DATABASE_IAM: false,
    DATABASE_POOL_MAX: undefined,
  });
});

test("what is missing or malformed is named all at once, and no value is quoted", () => {
  const bad = { ...ENV, GOOGLE_CLOUD_PROJECT: undefined, DATABASE_URL: "mysql://user:hunter2@db/x" };
  assert.throws(
    () => settingsFor(NAMES, bad),
    (error: Error) => {
      assert.match(error.message, /GOOGLE_CLOUD_PROJECT: missing/);
      assert.match(error.message, /DATABASE_URL/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
});

test("secrets are settings", () => {
  for (const secret of secretSettings) assert.ok(secret in settingSchemas, secret);
});

test("allowed origins are a list, none unless set; what isn't an origin is refused", () => {
  const originsOf = (ALLOWED_ORIGINS: string | undefined) =>
    settingsFor(["ALLOWED_ORIGINS"], { ALLOWED_ORIGINS }).ALLOWED_ORIGINS;
  assert.deepEqual(originsOf(undefined), []);
  assert.deepEqual(originsOf(""), []);
  assert.deepEqual(originsOf("https://a.example, http://127.0.0.1:5173"), [
    "https://a.example",
    "http://127.0.0.1:5173",
  ]);
  for (const wrong of ["*", "null", "a.example", "https://a.example/", "https://a.example/path"])
    assert.throws(() => originsOf(wrong), /ALLOWED_ORIGINS/, wrong);
});
