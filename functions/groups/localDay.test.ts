import assert from "node:assert/strict";
import { test } from "node:test";
import { isTimeZone } from "./localDay.ts";

test("every zone that the runtime lists is a time zone", () => {
  assert.deepEqual(
    Intl.supportedValuesOf("timeZone").filter((zone) => !isTimeZone(zone)),
    [],
  );
});

test("IANA's links are time zones, since phones send them", () => {
  const links = [
    "Asia/Kolkata",
    "Asia/Calcutta",
    "Europe/Kyiv",
    "Europe/Kiev",
    "America/Argentina/ComodRivadavia",
  ];
  for (const zone of [...links, "US/Pacific", "Etc/UTC", "Etc/GMT+5", "UTC", "GMT", "ROK", "Japan"]) {
    assert.equal(isTimeZone(zone), true, zone);
  }
});

test("abbreviations, offsets, other spellings and what isn't there are no time zones", () => {
  const abbreviations = ["CST", "PST", "EST", "JST", "IST", "BST", "KST", "ACT", "CET", "EST5EDT"];
  const spellings = [
    "asia/seoul",
    "Asia/seoul",
    "ASIA/SEOUL",
    "utc",
    " Asia/Seoul",
    "Asia/Seoul ",
    "Asia Seoul",
  ];
  const others = [
    "",
    "+09:00",
    "UTC+9",
    "GMT+9",
    "SystemV/PST8",
    "Mars/Olympus",
    "Asia/Nowhere",
    "Asia",
    "Asia/",
    "Factory",
  ];
  for (const zone of [...abbreviations, ...spellings, ...others]) assert.equal(isTimeZone(zone), false, zone);
});
