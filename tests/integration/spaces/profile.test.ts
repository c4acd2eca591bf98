import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type GroupsHarness, groupsHarness } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

test("a new person reads their profile, enrols and sets fields; the others stay", async () => {
  const person = await harness.person(null);
  const before = await harness.call(person, "GET", "/v1/me");
  assert.deepEqual(before.json, {
    id: person.id,
    email: person.email,
    emailVerified: true,
    name: person.name,
    role: null,
    enrolled: false,
    timeZone: "Asia/Seoul",
    language: "en",
    quietHours: null,
    notifyBests: true,
    createdAt: harness.now.toISOString(),
  });
  const body = {
    role: "care_recipient",
    timeZone: "Europe/Berlin",
    language: "ko",
    quietHours: { from: "22:00", to: "07:30" },
  };
  const answer = await harness.call(person, "PATCH", "/v1/me", { body });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, { ...before.json, ...body, enrolled: true });
  assert.deepEqual((await harness.call(person, "GET", "/v1/me")).json, answer.json);

  const renamed = await harness.call(person, "PATCH", "/v1/me", {
    body: { name: " 김할머니 ", quietHours: null },
  });
  assert.deepEqual(renamed.json, { ...answer.json, name: "김할머니", quietHours: null });
  assert.deepEqual((await harness.call(person, "PATCH", "/v1/me", { body: {} })).json, renamed.json);
});

test("the role is set once: the same changes nothing, another is refused as a whole", async () => {
  const person = await harness.person(null);
  const roles = ["care_giver", "care_recipient"];
  const raced = await Promise.all(
    roles.map((role) => harness.call(person, "PATCH", "/v1/me", { body: { role, name: role } })),
  );
  assert.deepEqual(raced.map((answer) => answer.status).sort(), [200, 409]);
  const loser = raced.find((answer) => answer.status === 409);
  assert.equal(loser?.json.code, "role_already_set");
  const { role, name } = (await harness.call(person, "GET", "/v1/me")).json;
  assert.equal(name, role);
  assert.equal((await harness.call(person, "PATCH", "/v1/me", { body: { role } })).status, 200);
  const log = await harness.rows("SELECT action FROM audit_log WHERE user_id = $1", [person.id]);
  assert.deepEqual(log, [{ action: "role_set" }]);
});

test("names are written with joiners where a script or an emoji needs them", async () => {
  const person = await harness.person("care_giver");
  for (const name of ["\u0645\u06cc\u200c\u062a\u0631\u0627", "\u{1f469}\u200d\u{1f467}"]) {
    const answer = await harness.call(person, "PATCH", "/v1/me", { body: { name } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.name, name);
  }
});

test("what can't be a profile is refused, field by field, and changes nothing", async () => {
  const person = await harness.person("care_giver");
  const before = (await harness.call(person, "GET", "/v1/me")).json;
  const bad: [unknown, string][] = [
    [{ timeZone: "Mars/Olympus" }, "timeZone"],
    [{ timeZone: "+09:00" }, "timeZone"],
    [{ timeZone: "CST" }, "timeZone"],
    [{ timeZone: "PST" }, "timeZone"],
    [{ timeZone: "" }, "timeZone"],
    [{ language: "fr" }, "language"],
    [{ role: "admin" }, "role"],
    [{ quietHours: { from: "24:00", to: "07:00" } }, "quietHours.from"],
    [{ quietHours: { from: "22:00" } }, "quietHours.to"],
    [{ quietHours: { from: "22:00", to: "22:00" } }, "quietHours"],
    [{ name: "" }, "name"],
    [{ name: "a".repeat(101) }, "name"],
    [{ name: "line\nbreak" }, "name"],
    [{ name: "\u202eturned" }, "name"],
    [{ name: "half \ud83d" }, "name"],
    [{ email: "other@example.com" }, ""],
  ];
  for (const [body, path] of bad) {
    const answer = await harness.call(person, "PATCH", "/v1/me", { body });
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.equal(answer.json.code, "invalid_request");
    assert.equal(answer.json.errors[0].path, path, JSON.stringify(body));
  }
  assert.deepEqual((await harness.call(person, "GET", "/v1/me")).json, before);
});

test("without a token, and with one of an account that is gone, nothing is shown", async () => {
  const gone = { id: "0".repeat(26), email: "gone@example.com", name: "Gone" };
  for (const [who, code] of [
    [null, "unauthenticated"],
    [gone, "token_invalid"],
  ] as const) {
    for (const method of ["GET", "PATCH"]) {
      const answer = await harness.call(who, method, "/v1/me", method === "PATCH" ? { body: {} } : {});
      assert.deepEqual([answer.status, answer.json.code], [401, code]);
    }
  }
});
