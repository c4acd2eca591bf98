/**
 * Listener tokens and the end of what they open, with Firebase's Auth emulator and Firestore's rules: a token that a phone, or who took it
 * from a phone, holds back until its session has ended.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, describe, it } from "node:test";
import { initializeTestEnvironment, type RulesTestEnvironment } from "@firebase/rules-unit-testing";
import { z } from "zod";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import { continueErasure } from "#shared/erasure/continueErasure.ts";
import { requestErasure } from "#shared/erasure/requestErasure.ts";
import { createCustomTokens } from "#shared/platform/google/customTokens.ts";
import { createFirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { UNLIMITED } from "#shared/platform/timeLimit.ts";
import { endLateListeners, type Listeners, listenersIn } from "#shared/spaces/listeners.ts";
import { type AuthEmulator, startAuthEmulator } from "./emulator.ts";
import { type AuthWorld, openAuthWorld, SECOND, type Tokens } from "./harness.ts";

const GOOGLE_CLOUD_PROJECT = "demo-listeners";
const firebase = {
  ...createFirebaseAccounts({ GOOGLE_CLOUD_PROJECT }),
  ...createCustomTokens({ GOOGLE_CLOUD_PROJECT }),
};
let emulator: AuthEmulator;
let store: TestFirestore;
let rules: RulesTestEnvironment;
let world: AuthWorld;
/** What Firestore does instead, when a test has it fail. */
let listeners: Listeners;

before(async () => {
  [emulator, store] = await Promise.all([startAuthEmulator(GOOGLE_CLOUD_PROJECT), testFirestore()]);
  process.env.FIREBASE_AUTH_EMULATOR_HOST = emulator.host;
  const [host = "", port] = store.host.split(":");
  rules = await initializeTestEnvironment({
    projectId: store.projectId,
    firestore: { host, port: Number(port), rules: await readFile("firestore.rules", "utf8") },
  });
  world = await openAuthWorld({
    firebase,
    listeners: {
      allow: (session) => listeners.allow(session),
      end: (ids) => listeners.end(ids),
    },
  });
});
after(async () => {
  await world?.[Symbol.asyncDispose]();
  await rules?.cleanup();
  await store?.drop();
  await emulator?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await store.clear();
  listeners = listenersIn(store.firestore);
  await world.database.pool.query("TRUNCATE users, erasures, audit_log CASCADE");
  await store.firestore.doc("jobs/our-job").set({ spaceId: "ours", state: "queued" });
});

/** A person who is a member of the space "ours". */
async function member(email: string): Promise<Tokens> {
  const tokens = await world.signIn({ email });
  await store.firestore.doc(`members/${tokens.user.id}`).set({ spaceIds: ["ours"] });
  return tokens;
}

async function listenerToken({ accessToken }: Tokens): Promise<string> {
  const answer = await world.call("POST", "/v1/auth/firebase-token", { token: accessToken });
  assert.equal(answer.status, 200);
  return z.strictObject({ token: z.string() }).parse(answer.body).token;
}

/** Begins a Firebase session with a listener token, as a phone's SDK does. */
async function exchange(token: string): Promise<string> {
  const session = await emulator.client("signInWithCustomToken", { token, returnSecureToken: true });
  return z.object({ idToken: z.string() }).parse(session).idToken;
}

/** Whether a Firebase session lists the space's jobs: one, or the word of refusal. */
async function reads(idToken: string): Promise<number | string> {
  const where = {
    fieldFilter: { field: { fieldPath: "spaceId" }, op: "EQUAL", value: { stringValue: "ours" } },
  };
  const response = await fetch(
    `http://${store.host}/v1/projects/${store.projectId}/databases/(default)/documents:runQuery`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${idToken}` },
      body: JSON.stringify({ structuredQuery: { from: [{ collectionId: "jobs" }], where } }),
    },
  );
  const lines = z
    .array(z.object({ document: z.unknown(), error: z.object({ status: z.string() }).optional() }).partial())
    .parse([await response.json()].flat()); // a refusal is no list
  const refusal = lines.find((line) => line.error)?.error;
  return refusal?.status ?? lines.filter((line) => line.document !== undefined).length;
}

const REFUSED = "PERMISSION_DENIED";
const documents = async () => (await store.firestore.collection("sessions").get()).docs.map(({ id }) => id);
const erasureDeps = () => ({
  db: world.database.as("groups"),
  firestore: store.firestore,
  firebase,
  uploads: memoryObjects(),
  resources: memoryObjects(),
  clock: world.now,
  log: silentLogger,
});

describe("a listener token that was held back", () => {
  const ends: Record<string, (tokens: Tokens) => Promise<unknown>> = {
    "signing out": ({ accessToken: token }) => world.call("DELETE", "/v1/auth/sessions/current", { token }),
    "signing out everywhere": ({ accessToken: token }) =>
      world.call("DELETE", "/v1/auth/sessions", { token }),
    "the reuse of a refresh token": async ({ refreshToken }) => {
      await world.refresh(refreshToken, "the-phone's");
      assert.equal((await world.refresh(refreshToken, "a-thief's")).code, "token_reused");
    },
    erasure: async ({ user, session }) => {
      await requestErasure(
        { userId: user.id, sessionId: session.id, requestId: "r" },
        { db: erasureDeps().db, clock: world.now, raiseFeeds: async () => {} },
      );
      await continueErasure(user.id, erasureDeps(), UNLIMITED);
      // Also with a membership that a crash left in the mirror.
      await store.firestore.doc(`members/${user.id}`).set({ spaceIds: ["ours"] });
    },
  };
  for (const [how, end] of Object.entries(ends)) {
    it(`reads nothing after ${how}, nor does an open Firebase session`, async () => {
      const phone = await member("phone@example.com");
      const [used, held] = [await listenerToken(phone), await listenerToken(phone)];
      const open = await exchange(used);
      assert.equal(await reads(open), 1);
      await end(phone);
      assert.equal(await reads(open), REFUSED);
      assert.equal(await reads(await exchange(held)), REFUSED);
      assert.deepEqual(await documents(), []);
    });
  }

  it("reads after another session's end, and its own session's is what counts", async () => {
    const phone = await member("phone@example.com");
    const tablet = await world.signIn({ email: "phone@example.com" });
    const [held, heldByTablet] = [await listenerToken(phone), await listenerToken(tablet)];
    await world.call("DELETE", "/v1/auth/sessions/current", { token: tablet.accessToken });
    assert.equal(await reads(await exchange(held)), 1);
    assert.equal(await reads(await exchange(heldByTablet)), REFUSED);
  });

  it("leaves no Firebase account behind an hour after erasure", async () => {
    const phone = await member("phone@example.com");
    const held = await listenerToken(phone);
    const { user, session } = phone;
    await requestErasure(
      { userId: user.id, sessionId: session.id, requestId: "r" },
      { db: erasureDeps().db, clock: world.now, raiseFeeds: async () => {} },
    );
    await continueErasure(user.id, erasureDeps(), UNLIMITED);
    const again = await exchange(held);
    assert.equal((await firebase.verify(again)).uid, user.id);
    world.advance(3_600 * SECOND);
    await continueErasure(user.id, erasureDeps(), UNLIMITED);
    await assert.rejects(firebase.verify(again), { code: "identity_rejected" });
  });
});

describe("when a session ends and its document doesn't go", () => {
  const away = async () => {
    throw new Error("Firestore is away");
  };

  it("sweep deletes it, and again for some minutes, for what was under way", async () => {
    const phone = await member("phone@example.com");
    const held = await exchange(await listenerToken(phone));
    listeners = { allow: away, end: away };
    const out = await world.call("DELETE", "/v1/auth/sessions/current", { token: phone.accessToken });
    assert.equal(out.status, 204);
    assert.deepEqual(await documents(), [phone.session.id], "as after a crash");

    const sweep = () => endLateListeners(world.database.as("sweep"), store.firestore, world.now());
    assert.deepEqual(await sweep(), { ended: 0 });
    assert.equal(await reads(held), REFUSED);
    // A request that was under way when the session ended, and died before it asked again.
    await listenersIn(store.firestore).allow({
      id: phone.session.id,
      userId: phone.user.id,
      expiresAt: new Date(4e12),
    });
    world.advance(300 * SECOND);
    assert.deepEqual(await sweep(), { ended: 1 });
    assert.deepEqual(await documents(), []);
    assert.deepEqual(await sweep(), { ended: 0 });
  });

  it("a session that lives keeps its document", async () => {
    const phone = await member("phone@example.com");
    await listenerToken(phone);
    await endLateListeners(world.database.as("sweep"), store.firestore, world.now());
    assert.deepEqual(await documents(), [phone.session.id]);
  });

  it("no token is given while Firestore is away", async () => {
    const phone = await member("phone@example.com");
    listeners = { allow: away, end: away };
    const answer = await world.call("POST", "/v1/auth/firebase-token", { token: phone.accessToken });
    assert.equal(answer.status, 500);
  });
});
