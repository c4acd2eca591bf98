import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { localDate } from "#functions/groups/localDay.ts";
import { type GroupsHarness, groupsHarness, type TestPerson } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

const earn = (person: TestPerson, options: { body?: unknown; key?: string } = {}) =>
  harness.call(person, "POST", "/v1/badges", options);
const at = async (instant: string, person: TestPerson, options = {}) => {
  harness.now = new Date(instant);
  return earn(person, options);
};
const move = (person: TestPerson, timeZone: string) =>
  harness.call(person, "PATCH", "/v1/me", { body: { timeZone } });
const monthOf = async (person: TestPerson, query = "") =>
  (await harness.call(person, "GET", `/v1/badges${query}`)).json;

test("a recipient earns the named badge, or a drawn one without a body, and lists it", async () => {
  const person = await harness.person("care_recipient");
  const named = await at("2026-03-10T09:00:00Z", person, { body: { type: "LOVELY" } });
  assert.equal(named.status, 201);
  const { id, ...badge } = named.json;
  assert.deepEqual(badge, { type: "LOVELY", date: "2026-03-10", earnedAt: "2026-03-10T09:00:00.000Z" });
  const drawn = await at("2026-03-11T09:00:00Z", person);
  assert.equal(drawn.status, 201);
  assert.ok(["GREAT_JOB", "EXCELLENT_WORK", "LOVELY"].includes(drawn.json.type));
  harness.advance(86_400);
  const empty = await harness.call(person, "POST", "/v1/badges", { text: "" });
  assert.equal(empty.status, 201);
  assert.deepEqual(await monthOf(person), { items: [empty.json, drawn.json, named.json], streak: 3 });
  assert.equal(id, named.json.id);
});

test("all types are drawn", async () => {
  const person = await harness.person("care_recipient");
  const types = new Set();
  for (let day = 0; day < 60 && types.size < 3; day++) {
    harness.advance(86_400);
    types.add((await earn(person, { body: {} })).json.type);
  }
  assert.equal(types.size, 3);
});

test("a second badge the same day changes nothing, also of twenty at once", async () => {
  const person = await harness.person("care_recipient");
  const answers = await Promise.all(Array.from({ length: 20 }, () => earn(person)));
  assert.equal(answers.filter((answer) => answer.status === 201).length, 1);
  const refused = answers.filter((answer) => answer.status === 409);
  assert.equal(refused.length, 19);
  assert.equal(refused[0]?.json.code, "already_earned");
  assert.equal((await monthOf(person)).items.length, 1);
});

test("the same Idempotency-Key gets the badge again; another body is refused", async () => {
  const person = await harness.person("care_recipient");
  const first = await earn(person, { key: "today" });
  const again = await earn(person, { key: "today" });
  assert.deepEqual([again.status, again.text], [201, first.text]);
  const other = await earn(person, { key: "today", body: { type: "GREAT_JOB" } });
  assert.deepEqual([other.status, other.json.code], [422, "idempotency_key_reused"]);
});

test("only recipients earn; giver and unenrolled get the reason", async () => {
  const [giver, unenrolled] = [await harness.person("care_giver"), await harness.person(null)];
  assert.equal((await earn(giver)).json.code, "role_mismatch");
  assert.equal((await earn(unenrolled)).json.code, "not_enrolled");
  assert.equal((await harness.call(null, "POST", "/v1/badges")).status, 401);
  const odd = await harness.person("care_recipient");
  assert.equal((await earn(odd, { body: { type: "BEST" } })).status, 400);
  assert.equal((await earn(odd, { body: { kind: "LOVELY" } })).status, 400);
  assert.equal((await monthOf(odd)).items.length, 0);
});

test("the day ends at midnight of the person's own zone, not of UTC", async () => {
  const seoul = await harness.person("care_recipient", { timeZone: "Asia/Seoul" });
  assert.equal((await at("2026-03-10T14:59:59Z", seoul)).json.date, "2026-03-10");
  assert.equal((await at("2026-03-10T15:00:00Z", seoul)).json.date, "2026-03-11");
  assert.equal((await at("2026-03-11T00:00:00Z", seoul)).status, 409);
});

test("days of 23 and of 25 hours hold one badge each, and the streak runs through them", async () => {
  const berlin = await harness.person("care_recipient", { timeZone: "Europe/Berlin" });
  // The clocks go forward in the night to 29 March 2026 and back in the night to 25 October 2026.
  for (const [instant, date] of [
    ["2026-03-28T22:59:59Z", "2026-03-28"],
    ["2026-03-28T23:00:00Z", "2026-03-29"],
    ["2026-03-29T22:00:00Z", "2026-03-30"],
  ] as const) {
    assert.equal((await at(instant, berlin)).json.date, date);
  }
  assert.equal((await monthOf(berlin, "?year=2026&month=3")).streak, 3);
  assert.equal((await at("2026-10-24T22:00:00Z", berlin)).json.date, "2026-10-25");
  assert.equal((await at("2026-10-25T22:59:59Z", berlin)).status, 409);
  assert.equal((await at("2026-10-25T23:00:00Z", berlin)).json.date, "2026-10-26");
  assert.equal((await monthOf(berlin)).streak, 2);
});

test("a zone that skips its midnight still has a day for every badge", async () => {
  // Cairo's clocks jump from 00:00 to 01:00 on 24 April 2026.
  const cairo = await harness.person("care_recipient", { timeZone: "Africa/Cairo" });
  assert.equal((await at("2026-04-23T21:59:59Z", cairo)).json.date, "2026-04-23");
  assert.equal((await at("2026-04-23T22:00:00Z", cairo)).json.date, "2026-04-24");
});

test("travelling or changing the zone never earns two on one day of one place", async () => {
  const east = await harness.person("care_recipient", { timeZone: "Pacific/Niue" });
  assert.equal((await at("2026-03-10T10:30:00Z", east)).json.date, "2026-03-09");
  for (const zone of ["Europe/Berlin", "Asia/Seoul", "Pacific/Kiritimati"]) {
    await move(east, zone); // the same moment is the 10th or the 11th here, and a badge was earned at it
    assert.equal((await earn(east)).status, 409, zone);
  }
  assert.equal((await at("2026-03-11T10:30:00Z", east)).json.date, "2026-03-12");
});

test("flying west over the date line costs a day that was had already, and no more", async () => {
  const west = await harness.person("care_recipient", { timeZone: "Pacific/Kiritimati" });
  assert.equal((await at("2026-03-10T10:30:00Z", west)).json.date, "2026-03-11");
  await move(west, "Pacific/Niue");
  assert.equal((await at("2026-03-10T10:40:00Z", west)).status, 409);
  assert.equal((await at("2026-03-10T11:00:00Z", west)).json.date, "2026-03-10");
  assert.equal((await at("2026-03-11T11:00:00Z", west)).status, 409);
  assert.equal((await at("2026-03-12T11:00:00Z", west)).json.date, "2026-03-12");
  assert.equal((await monthOf(west)).streak, 3);
});

test("the streak holds until the next day is over, and a missed day ends it", async () => {
  const person = await harness.person("care_recipient", { timeZone: "UTC" });
  for (const day of ["2026-02-26", "2026-02-28", "2026-03-01", "2026-03-02"])
    await at(`${day}T12:00:00Z`, person);
  const streakAt = async (instant: string) => {
    harness.now = new Date(instant);
    return (await monthOf(person)).streak;
  };
  assert.equal(await streakAt("2026-03-02T23:59:59Z"), 3);
  assert.equal(await streakAt("2026-03-03T23:59:59Z"), 3);
  assert.equal(await streakAt("2026-03-04T00:00:00Z"), 0);
});

test("a month has its own days, newest first; givers see it, strangers don't", async () => {
  const [giver, other, recipient] = [
    await harness.person("care_giver", { timeZone: "America/New_York" }),
    await harness.person("care_giver"),
    await harness.person("care_recipient", { timeZone: "Asia/Seoul" }),
  ];
  harness.now = new Date("2026-01-15T00:00:00Z");
  await harness.bound(giver, recipient);
  for (const day of ["2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"])
    await at(`${day}T03:00:00Z`, recipient);
  const february = await monthOf(giver, "?year=2026&month=2");
  assert.deepEqual(
    february.items.map((badge: { date: string }) => badge.date),
    ["2026-02-28", "2026-02-01"],
  );
  assert.deepEqual(february, await monthOf(recipient, "?year=2026&month=2"));
  assert.deepEqual((await monthOf(giver)).items.length, 1, "March by the recipient's calendar");
  const stranger = await harness.call(other, "GET", "/v1/badges");
  assert.deepEqual([stranger.status, stranger.json.code], [404, "not_in_group"]);
  for (const query of ["?year=2026", "?month=3", "?year=2026&month=13", "?year=abc&month=1"]) {
    assert.equal((await harness.call(recipient, "GET", `/v1/badges${query}`)).status, 400, query);
  }
});

test("a badge's event is published right after the commit; without Pub/Sub it waits", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  await harness.bound(giver, recipient);
  const publishedOf = () =>
    harness.published.filter((event) => event.type === "badge_earned" && event.userId === recipient.id);
  const outbox = async () =>
    (
      await harness.rows<{ published: boolean }>(
        "SELECT published_at IS NOT NULL AS published FROM outbox WHERE event->>'type' = 'badge_earned' AND event->>'userId' = $1",
        [recipient.id],
      )
    ).map((row) => row.published);
  const badge = (await earn(recipient, { key: "k" })).json;
  assert.deepEqual(
    publishedOf().map((event) => event.id),
    [`badge:${badge.id}`],
  );
  assert.deepEqual(await outbox(), [true]);
  await earn(recipient, { key: "k" });
  await earn(recipient);
  assert.equal(publishedOf().length, 1, "neither a repetition nor a refusal publishes again");

  harness.advance(86_400);
  const { pubSub } = harness;
  harness.pubSub = () => Promise.reject(new Error("Pub/Sub is away"));
  assert.equal((await earn(recipient)).status, 201);
  harness.pubSub = pubSub;
  assert.equal(publishedOf().length, 1);
  assert.deepEqual((await outbox()).toSorted(), [false, true], "sweep finds it");
});

test("the group's givers get one event; without a group there is none", async () => {
  const [giver, recipient, alone] = [
    await harness.person("care_giver"),
    await harness.person("care_recipient"),
    await harness.person("care_recipient"),
  ];
  const spaceId = await harness.bound(giver, recipient);
  const badge = (await earn(recipient, { key: "k" })).json;
  await earn(recipient, { key: "k" });
  await earn(alone);
  const events = await harness.rows<{ event: object }>(
    "SELECT event - 'trace' AS event FROM outbox WHERE event->>'type' = 'badge_earned' AND event->>'userId' = ANY($1)",
    [[recipient.id, alone.id]],
  );
  assert.deepEqual(
    events.map((row) => row.event),
    [
      {
        type: "badge_earned",
        id: `badge:${badge.id}`,
        at: badge.earnedAt,
        spaceId,
        userId: recipient.id,
        badge: badge.type,
      },
    ],
  );
});

test("local dates at the edges of the day and of the year", () => {
  assert.equal(localDate(new Date("2026-12-31T23:59:59.999Z"), "UTC"), "2026-12-31");
  assert.equal(localDate(new Date("2026-12-31T15:00:00Z"), "Asia/Seoul"), "2027-01-01");
  assert.equal(localDate(new Date("2027-01-01T09:59:59Z"), "Pacific/Honolulu"), "2026-12-31");
});
