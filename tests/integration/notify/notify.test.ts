/** Events on their way to phones: real Postgres, and the push stand-in that speaks Google's interface. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { type NotifyDeps, notifyPhones } from "#functions/notify/notifyPhones.ts";
import { createPushSender } from "#functions/notify/pushSender.ts";
import { publishOutbox, purgeNotifications, republishDue } from "#functions/sweep/notificationRepairs.ts";
import { type PushSink, startPush } from "#local/standins/push/server.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import type { DomainEvent } from "#shared/events/event.ts";
import { enqueueEvent } from "#shared/events/outbox.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { deviceOf, type Family, family } from "../results/harness.ts";

let backend: TestDatabase;
let db: Database;
let sink: PushSink;
let deps: NotifyDeps;
let home: Family;
let now: Date;
before(async () => {
  backend = await testDatabase();
  db = backend.as("notify", 1); // as many as an instance of notify has
  sink = await startPush({ port: 0 });
  deps = {
    db,
    clock: () => now,
    log: silentLogger,
    raiseFeeds: async () => {},
    sender: createPushSender({ projectId: "p", origin: sink.url, now: () => now }),
  };
});
beforeEach(async () => {
  now = new Date("2026-03-01T10:00:00Z");
  home = await family({ backend });
});
after(async () => {
  await sink.close();
  await backend.drop();
});

const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const jobEvent = (overrides: object = {}): DomainEvent => ({
  type: "job_succeeded",
  id: randomId(),
  at: now.toISOString(),
  jobId: randomId(),
  spaceId: home.spaceId,
  kind: "scene",
  title: "Kitchen",
  resourceId: randomId(),
  ...overrides,
});

/** Registers a device. @returns its push token */
async function device(userId: string, prefix = "phone"): Promise<string> {
  const token = `${prefix}-${randomId()}`;
  await deviceOf(backend.pool, userId, token);
  return token;
}
const receivedSchema = z.array(
  z.object({
    notification: z.object({ title: z.string(), body: z.string() }),
    data: z.record(z.string(), z.string()),
  }),
);
const received = async (token: string) =>
  receivedSchema.parse(await (await fetch(`${sink.url}/messages?token=${token}`)).json());
const quiet = (userId: string, from: string, to: string, timeZone = "UTC") =>
  backend.pool.query("UPDATE users SET quiet_from = $2, quiet_to = $3, time_zone = $4 WHERE id = $1", [
    userId,
    from,
    to,
    timeZone,
  ]);
const devicesOf = async (userId: string) =>
  (await backend.pool.query<{ id: string }>("SELECT id FROM devices WHERE user_id = $1", [userId])).rows.map(
    (row) => row.id,
  );
const deliveredBy = (events: DomainEvent[]) => ({
  publish: async (event: DomainEvent) => void events.push(event),
});

test("each end of a job is once in its space's log; a cancellation notifies no one", async () => {
  const token = await device(home.giverId);
  const ends = (["job_succeeded", "job_failed", "job_cancelled"] as const).map((type) =>
    jobEvent({ type, jobId: type, code: "video_unreadable" }),
  );
  for (const event of [...ends, ...ends]) await notifyPhones(event, deps);
  const { rows } = await backend.pool.query(
    "SELECT type, id, op, seq::int FROM changes WHERE space_id = $1 AND type = 'job' ORDER BY seq",
    [home.spaceId],
  );
  const first = rows[0]?.seq;
  assert.deepEqual(
    rows,
    ends.map(({ type }, place) => ({ type: "job", id: type, op: "put", seq: first + place })),
  );
  assert.equal((await received(token)).length, 2);
});

test("delivered twice, and 20 times at once: each device of the space once, no other", async () => {
  const stranger = await family({ backend });
  const [phone, tablet, recipients, strangers] = [
    await device(home.giverId),
    await device(home.giverId),
    await device(home.recipientId),
    await device(stranger.giverId),
  ];
  const event = jobEvent();
  await notifyPhones(event, deps);
  await notifyPhones(event, deps);
  const other = backend.as("notify", 5);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => notifyPhones(event, index % 2 ? deps : { ...deps, db: other })),
  );
  for (const token of [phone, tablet, recipients]) assert.equal((await received(token)).length, 1);
  assert.deepEqual(await received(strangers), []);
});

test("twenty workers from the first delivery on notify each device once", async () => {
  const tokens = await Promise.all(Array.from({ length: 6 }, () => device(home.giverId)));
  const other = backend.as("notify", 10);
  const event = jobEvent();
  await Promise.all(Array.from({ length: 20 }, () => notifyPhones(event, { ...deps, db: other })));
  for (const token of tokens) assert.equal((await received(token)).length, 1);
});

test("out of order: an event that overtakes another is sent, and the other one still", async () => {
  const token = await device(home.giverId);
  const [first, second] = [jobEvent({ title: "First" }), jobEvent({ title: "Second" })];
  for (const event of [second, first, second]) await notifyPhones(event, deps);
  assert.deepEqual(
    (await received(token)).map((each) => each.data.eventId),
    [second.id, first.id],
  );
});

test("an invitation goes to that person, a badge to care givers, in their language", async () => {
  const [giver, recipient] = [await device(home.giverId), await device(home.recipientId)];
  await backend.pool.query("UPDATE users SET language = 'ko' WHERE id = $1", [home.recipientId]);
  const base = { at: now.toISOString() };
  await notifyPhones(
    { ...base, id: randomId(), type: "invited", userId: home.recipientId, giverName: "Kim" },
    deps,
  );
  assert.deepEqual(
    (await received(recipient)).map((each) => each.notification.title),
    ["돌봄 그룹에 초대받았어요"],
  );
  assert.deepEqual(await received(giver), []);
  await notifyPhones(
    {
      ...base,
      id: randomId(),
      type: "badge_earned",
      spaceId: home.spaceId,
      userId: home.recipientId,
      badge: "LOVELY",
    },
    deps,
  );
  assert.deepEqual(
    (await received(giver)).map((each) => each.notification.title),
    ["Today's badge was earned"],
  );
  assert.equal((await received(recipient)).length, 1);
});

test("a beaten best goes to all members but those who have turned it off", async () => {
  const [recipient, giver] = [await device(home.recipientId), await device(home.giverId)];
  await backend.pool.query("UPDATE users SET notify_bests = false WHERE id = $1", [home.recipientId]);
  const { spaceId, recipientId: userId } = home;
  const id = randomId();
  const at = jobEvent().at;
  await notifyPhones({ id, at, type: "best_beaten", spaceId, userId, game: "reach", resourceId: id }, deps);
  assert.deepEqual(
    (await received(giver)).map((each) => each.notification.title),
    ["A best score was beaten"],
  );
  assert.deepEqual(await received(recipient), []);
  await notifyPhones(jobEvent(), deps);
  assert.equal((await received(recipient)).length, 1, "other messages still come");
  await backend.pool.query("UPDATE users SET notify_bests = true WHERE id = $1", [home.recipientId]);
});

test("a dead token's device is deleted, others are notified; a re-registered one stays", async () => {
  const [dead, alive] = [await device(home.giverId, "dead"), await device(home.giverId)];
  await notifyPhones(jobEvent(), deps);
  assert.deepEqual(await devicesOf(home.giverId), [alive]);
  assert.equal((await received(alive)).length, 1);

  const replaced = await device(home.recipientId, "dead");
  const fresh = `phone-${randomId()}`;
  const event = jobEvent();
  const replacing: NotifyDeps = {
    ...deps,
    sender: {
      async send(push) {
        const outcome = await deps.sender.send(push);
        if (push.token === replaced)
          await backend.pool.query("UPDATE devices SET push_token = $2 WHERE push_token = $1", [
            replaced,
            fresh,
          ]);
        return outcome;
      },
    },
  };
  await assert.rejects(notifyPhones(event, replacing), { code: "unavailable" });
  assert.deepEqual(await devicesOf(home.recipientId), [replaced]);
  await notifyPhones(event, deps);
  assert.equal((await received(fresh)).length, 1);
  assert.equal((await received(alive)).length, 2);
  assert.deepEqual(await received(dead), []);
});

test("an unreachable device is notified at the redelivery, the others not again", async () => {
  const [flaky, phone] = [await device(home.giverId, "flaky"), await device(home.giverId)];
  const event = jobEvent();
  await assert.rejects(notifyPhones(event, deps), { code: "unavailable", status: 503 });
  assert.equal((await received(phone)).length, 1);
  await notifyPhones(event, deps);
  assert.equal((await received(flaky)).length, 1);
  assert.equal((await received(phone)).length, 1);
});

test("after a sender's crash its claim ends and sweep has the device notified once", async () => {
  const token = await device(home.giverId);
  const event = jobEvent();
  const crashing = { ...deps, sender: { send: () => Promise.reject(new Error("the process is gone")) } };
  await assert.rejects(notifyPhones(event, crashing));
  await notifyPhones(event, deps); // the claim holds: it can't be known yet that its holder is gone
  assert.deepEqual(await received(token), []);
  const again: DomainEvent[] = [];
  const republish = () =>
    republishDue({ db: backend.as("sweep"), publisher: deliveredBy(again), clock: () => now });
  assert.equal((await republish()).published, 0);
  now = later(200);
  assert.deepEqual(await republish(), { published: 1, errors: [], cut: false });
  for (const each of again) await notifyPhones(each, deps);
  assert.equal((await received(token)).length, 1);
  now = later(3600);
  assert.equal((await republish()).published, 0);
});

test("Postgres away before or after the sending: notified once, without sweep", async () => {
  const token = await device(home.giverId);
  for (const statement of [/FROM devices/, /SET outcome/]) {
    const event = jobEvent();
    let claimed = false;
    let lost = 0;
    const losing: Database = {
      ...db,
      async query(text, values) {
        if (claimed && statement.test(text) && lost++ < 2)
          throw Object.assign(new Error("terminating connection"), { code: "57P01" });
        if (/SET claimed_until/.test(text)) claimed = true;
        return db.query(text, values);
      },
    };
    await notifyPhones(event, { ...deps, db: losing });
    assert.equal(lost, 3);
    assert.equal((await received(token)).filter((each) => each.data.eventId === event.id).length, 1);
    now = later(3600);
    const again = { db: backend.as("sweep"), publisher: deliveredBy([]), clock: () => now };
    assert.equal((await republishDue(again)).published, 0);
  }
});

test("a person in quiet hours is notified at their end, once; the others at once", async () => {
  await quiet(home.giverId, "09:00", "12:00");
  const [quietPhone, loudPhone] = [await device(home.giverId), await device(home.recipientId)];
  const event = jobEvent();
  await notifyPhones(event, deps);
  await notifyPhones(event, deps);
  assert.deepEqual(await received(quietPhone), []);
  assert.equal((await received(loudPhone)).length, 1);
  const again: DomainEvent[] = [];
  const republish = () =>
    republishDue({ db: backend.as("sweep"), publisher: deliveredBy(again), clock: () => now });
  now = new Date("2026-03-01T11:59:00Z");
  assert.equal((await republish()).published, 0);
  now = new Date("2026-03-01T12:01:00Z");
  assert.equal((await republish()).published, 1);
  for (const each of [...again, ...again]) await notifyPhones(each, deps);
  assert.equal((await received(quietPhone)).length, 1);
  assert.equal((await received(loudPhone)).length, 1);
});

test("quiet hours moved meanwhile are kept; a person who left is not notified", async () => {
  await quiet(home.giverId, "09:00", "12:00");
  await quiet(home.recipientId, "09:00", "12:00");
  const [moved, left] = [await device(home.recipientId), await device(home.giverId)];
  const event = jobEvent();
  await notifyPhones(event, deps);
  await quiet(home.recipientId, "11:00", "14:00");
  await backend.pool.query("DELETE FROM space_members WHERE user_id = $1", [home.giverId]);
  now = new Date("2026-03-01T12:01:00Z");
  await notifyPhones(event, deps);
  assert.deepEqual([await received(moved), await received(left)], [[], []]);
  now = new Date("2026-03-01T14:00:00Z");
  await notifyPhones(event, deps);
  assert.equal((await received(moved)).length, 1);
  assert.deepEqual(await received(left), []);
  const { rows } = await backend.pool.query(
    "SELECT outcome FROM notification_deliveries WHERE event_id = $1 ORDER BY 1",
    [event.id],
  );
  assert.deepEqual(rows, [{ outcome: "sent" }, { outcome: "withdrawn" }]);
});

test("an event of an erased space notifies no one and leaves nothing stored", async () => {
  const token = await device(home.giverId);
  const event = jobEvent();
  await notifyPhones(event, deps);
  await backend.pool.query("DELETE FROM spaces WHERE id = $1", [home.spaceId]);
  await notifyPhones(jobEvent(), deps);
  await notifyPhones(
    { id: randomId(), at: now.toISOString(), type: "invited", userId: randomId(), giverName: null },
    deps,
  );
  assert.equal((await received(token)).length, 1);
  const { rowCount } = await backend.pool.query(
    "SELECT 1 FROM notifications WHERE space_id = $1 OR event_id = $2",
    [home.spaceId, event.id],
  );
  assert.equal(rowCount, 0);
});

test("what could not be delivered for two days is not sent any more", async () => {
  const token = await device(home.giverId, "flaky");
  const event = jobEvent();
  await assert.rejects(notifyPhones(event, deps));
  now = later(2 * 86_400 + 1);
  await notifyPhones(event, deps);
  assert.deepEqual(await received(token), []);
});

test("sweep publishes each event that is left in the outbox, and purges old ones", async () => {
  await backend.pool.query("TRUNCATE outbox, notifications CASCADE");
  const [first, second] = [jobEvent(), jobEvent()];
  for (const event of [first, second]) assert.equal(await enqueueEvent(backend.as("sync"), event), true);
  assert.equal(await enqueueEvent(backend.as("sync"), first), false);
  const published: DomainEvent[] = [];
  const run = (publisher: { publish: (event: DomainEvent) => Promise<void> }) =>
    publishOutbox({ db: backend.as("sweep"), publisher, clock: () => now });
  assert.equal(
    (await run(deliveredBy(published))).published,
    0,
    "what was just written is left to its writer",
  );
  now = later(10);
  const half = await run({
    publish: async (event) =>
      event.id === first.id ? Promise.reject(new Error("Pub/Sub is away")) : void published.push(event),
  });
  assert.deepEqual([half.published, half.errors.length], [1, 1]);
  assert.equal((await run(deliveredBy(published))).published, 1);
  assert.equal((await run(deliveredBy(published))).published, 0);
  assert.deepEqual(published, [second, first]);
  await notifyPhones(first, deps);
  assert.equal(await purgeNotifications(backend.as("sweep"), later(13 * 86_400)), 0);
  assert.equal(await purgeNotifications(backend.as("sweep"), later(14 * 86_400 + 60)), 3);
});
