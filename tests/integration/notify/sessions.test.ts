/** A device belongs to the session that registered it: it gets push messages while that session lives, and none after. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { registerDevice } from "#functions/groups/registerDevice.ts";
import { type NotifyDeps, notifyPhones } from "#functions/notify/notifyPhones.ts";
import { requestErasure } from "#shared/erasure/requestErasure.ts";
import type { DomainEvent } from "#shared/events/event.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { type AuthWorld, DAY, openAuthWorld, type Tokens } from "../auth/harness.ts";

let world: AuthWorld;
/** Tokens that messages were sent to. */
let sent: string[] = [];
before(async () => {
  world = await openAuthWorld();
});
after(() => world[Symbol.asyncDispose]());

const deps = (db: Database = world.database.as("notify")): NotifyDeps => ({
  db,
  clock: world.now,
  log: silentLogger,
  raiseFeeds: async () => {},
  sender: {
    async send({ token }) {
      sent.push(token);
      return "sent";
    },
  },
});

/** A phone: signed in, with its device registered. */
interface Phone {
  readonly tokens: Tokens;
  readonly pushToken: string;
}

const register = ({ tokens }: Pick<Phone, "tokens">, id: string, pushToken: string) =>
  registerDevice(
    { userId: tokens.user.id, sessionId: tokens.session.id, id, platform: "ios", pushToken },
    { db: world.database.as("groups"), clock: world.now },
  );

async function phoneOf(email: string, id = randomId()): Promise<Phone> {
  const tokens = await world.signIn({ email });
  const phone = { tokens, pushToken: `push-${randomId()}` };
  await register(phone, id, phone.pushToken);
  return phone;
}

const address = () => `${randomId()}@example.com`;

const invited = (userId: string): DomainEvent => ({
  type: "invited",
  id: randomId(),
  at: world.now().toISOString(),
  userId,
  giverName: null,
});

/** Which push tokens a new event for this person reaches. */
async function reachedBy({ tokens }: Phone): Promise<string[]> {
  sent = [];
  await notifyPhones(invited(tokens.user.id), deps());
  return sent.toSorted();
}

const signOut = (by: Phone, sessionId: string) =>
  world.call("DELETE", `/v1/auth/sessions/${sessionId}`, { token: by.tokens.accessToken });

test("a sign-out ends this phone's messages; the person's other phone still gets them", async () => {
  const email = address();
  const [phone, tablet] = [await phoneOf(email), await phoneOf(email)];
  assert.deepEqual(await reachedBy(phone), [phone.pushToken, tablet.pushToken].toSorted());
  assert.equal((await signOut(phone, "current")).status, 204);
  assert.deepEqual(await reachedBy(phone), [tablet.pushToken]);
});

test("a remote sign-out ends the lost phone's messages; the asking phone keeps its own", async () => {
  const email = address();
  const [lost, here] = [await phoneOf(email), await phoneOf(email)];
  assert.equal((await signOut(here, lost.tokens.session.id)).status, 204);
  assert.deepEqual(await reachedBy(here), [here.pushToken]);
});

test("a sign-out everywhere ends all messages of the person; another person's go on", async () => {
  const email = address();
  const [phone, tablet, other] = [await phoneOf(email), await phoneOf(email), await phoneOf(address())];
  const { status } = await world.call("DELETE", "/v1/auth/sessions", { token: tablet.tokens.accessToken });
  assert.equal(status, 204);
  assert.deepEqual(await reachedBy(phone), []);
  assert.deepEqual(await reachedBy(other), [other.pushToken]);
});

test("a reused refresh token ends the messages of its session, not of the other one", async () => {
  const email = address();
  const [stolen, safe] = [await phoneOf(email), await phoneOf(email)];
  await world.refresh(stolen.tokens.refreshToken, "phone");
  assert.deepEqual((await reachedBy(safe)).length, 2, "a refresh ends nothing");
  const { code } = await world.refresh(stolen.tokens.refreshToken, "thief");
  assert.equal(code, "token_reused");
  assert.deepEqual(await reachedBy(safe), [safe.pushToken]);
});

test("an erasure ends the person's messages with its first transaction, no one else's", async () => {
  const [phone, other] = [await phoneOf(address()), await phoneOf(address())];
  const { user, session } = phone.tokens;
  await requestErasure(
    { userId: user.id, sessionId: session.id, requestId: "r" },
    { db: world.database.as("groups"), clock: world.now, raiseFeeds: async () => {} },
  );
  assert.deepEqual(await reachedBy(phone), []);
  assert.deepEqual(await reachedBy(other), [other.pushToken]);
});

test("a session past its end gets no messages, though its device is still there", async () => {
  const phone = await phoneOf(address());
  world.advance(365 * DAY - 1);
  assert.deepEqual(await reachedBy(phone), [phone.pushToken]);
  world.advance(1);
  assert.deepEqual(await reachedBy(phone), []);
  const { rowCount } = await world.database.pool.query("SELECT FROM devices WHERE session_id = $1", [
    phone.tokens.session.id,
  ]);
  assert.equal(rowCount, 1);
});

test("a device registered again ends with its new session, not with its old one", async () => {
  const email = address();
  const [earlier, later] = [await phoneOf(email, "phone"), { tokens: await world.signIn({ email }) }];
  await register(later, "phone", earlier.pushToken);
  await signOut(earlier, "current");
  assert.deepEqual(await reachedBy(earlier), [earlier.pushToken]);
  await signOut({ ...later, pushToken: "" }, "current");
  assert.deepEqual(await reachedBy(earlier), []);
});

test("a push token is its last registrant's; the first person's sign-out keeps it", async () => {
  const first = await phoneOf(address());
  const second = { tokens: await world.signIn({ email: address() }), pushToken: first.pushToken };
  await register(second, "phone", first.pushToken);
  assert.deepEqual(await reachedBy(first), []);
  await signOut(first, "current");
  assert.deepEqual(await reachedBy(second), [first.pushToken]);
});

test("an ended session or another person's registers nothing and moves nothing", async () => {
  const [phone, other] = [await phoneOf(address(), "phone"), await phoneOf(address())];
  const forged = { tokens: { ...other.tokens, session: phone.tokens.session } };
  await assert.rejects(register(forged, "forged", "forged token"), { code: "token_invalid" });
  await signOut(phone, "current");
  await assert.rejects(register(phone, "phone", phone.pushToken), { code: "token_invalid" });
  await assert.rejects(register(phone, "late", other.pushToken), { code: "token_invalid" });
  assert.deepEqual(await reachedBy(phone), []);
  assert.deepEqual(await reachedBy(other), [other.pushToken]);
});

test("a registration at the moment of sign-out leaves no device, in either order", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const phone = { tokens: await world.signIn({ email: address() }), pushToken: randomId() };
      const [registered] = await Promise.allSettled([
        register(phone, "phone", phone.pushToken),
        signOut(phone, "current"),
      ]);
      return registered.status;
    }),
  );
  const { rows } = await world.database.pool.query(
    "SELECT FROM devices d JOIN sessions s ON s.id = d.session_id WHERE s.ended_at IS NOT NULL",
  );
  assert.deepEqual(rows, []);
  assert.equal(outcomes.length, 20);
});

/** The same database, which does something right after a delivery was claimed and before it is sent. */
function afterClaim(work: () => Promise<unknown>): Database {
  return {
    ...world.database.as("notify"),
    async query(text, values) {
      const result = await world.database.as("notify").query(text, values);
      if (text.includes("SET claimed_until = $3")) await work();
      return result as never; // the caller's own row type
    },
  };
}

test("what ends between the claim and the sending is not sent to any more", async () => {
  const endings: Readonly<Record<string, (phone: Phone) => Promise<unknown>>> = {
    "a sign-out": (phone) => signOut(phone, "current"),
    "an erasure": ({ tokens: { user, session } }) =>
      requestErasure(
        { userId: user.id, sessionId: session.id, requestId: "r" },
        { db: world.database.as("groups"), clock: world.now, raiseFeeds: async () => {} },
      ),
    "the session's end": async () => world.advance(365 * DAY),
    "another person's registration": async (phone) =>
      register({ tokens: await world.signIn({ email: address() }) }, "phone", phone.pushToken),
  };
  for (const [name, end] of Object.entries(endings)) {
    const phone = await phoneOf(address());
    sent = [];
    await notifyPhones(invited(phone.tokens.user.id), deps(afterClaim(() => end(phone))));
    assert.deepEqual(sent, [], name);
  }
});
