/** The security rules of Firestore, asked by the web SDK as each kind of caller. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import {
  assertFails,
  assertSucceeds,
  initializeTestEnvironment,
  type RulesTestContext,
  type RulesTestEnvironment,
} from "@firebase/rules-unit-testing";
import {
  collection,
  deleteDoc,
  doc,
  getDoc,
  getDocs,
  query,
  setDoc,
  updateDoc,
  where,
} from "firebase/firestore";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";

let backend: TestFirestore;
let rules: RulesTestEnvironment;

before(async () => {
  backend = await testFirestore();
  const [host = "", port] = backend.host.split(":");
  rules = await initializeTestEnvironment({
    projectId: backend.projectId,
    firestore: { host, port: Number(port), rules: await readFile("firestore.rules", "utf8") },
  });
});
after(async () => {
  await rules.cleanup();
  await backend.drop();
});
beforeEach(async () => {
  await backend.clear();
  const { firestore } = backend;
  await Promise.all([
    firestore.doc("members/giver").set({ spaceIds: ["of-giver", "ours"] }),
    firestore.doc("members/recipient").set({ spaceIds: ["ours"] }),
    firestore.doc("members/neighbour").set({ spaceIds: ["theirs"] }),
    ...["giver", "recipient", "neighbour", "stranger"].map((userId) =>
      firestore.doc(`sessions/of-${userId}`).set({ userId, expiresAt: new Date(Date.now() + 3_600_000) }),
    ),
    firestore.doc("feeds/ours").set({ seq: 1 }),
    firestore.doc("feeds/theirs").set({ seq: 1 }),
    firestore.doc("jobs/our-job").set({ spaceId: "ours", state: "queued" }),
    firestore.doc("jobs/their-job").set({ spaceId: "theirs", state: "queued" }),
    ...OTHERS.map((path) => firestore.doc(path).set({ spaceId: "ours" })),
  ]);
});

/** One document of every other collection there is, `members` included. */
const OTHERS = [
  "uploads/u1",
  "uploadBudgets/ours",
  "results/our-job",
  "lines/ours",
  "bells/b1",
  "engines/e1",
  "quarantine/q1",
  "idempotency/i1",
  "tombstones/t1",
  "anything/else",
];

/** A phone that listens by a token that names its session. */
const listening = (userId: string, claims: object = {}) =>
  rules.authenticatedContext(userId, { sid: `of-${userId}`, ...claims });

const as = {
  "no one": () => rules.unauthenticatedContext(),
  "a stranger in no space": () => listening("stranger"),
  "a member of another space": () => listening("neighbour"),
  "a giver": () => listening("giver"),
  "the recipient": () => listening("recipient"),
  // What a token claims of a space is not asked: only the membership document is.
  "a stranger whose token claims the space": () =>
    listening("stranger", { spaceId: "ours", role: "care_giver", admin: true }),
  // Firebase sessions that didn't begin with a listener token: a password that was tied to the account, for example.
  "a giver whose token names no session": () => rules.authenticatedContext("giver"),
  "a giver whose token names another's session": () => listening("giver", { sid: "of-recipient" }),
  "a giver whose token names a session that never was": () => listening("giver", { sid: "unknown" }),
  "a giver whose token names no possible session": () => listening("giver", { sid: "a/b" }),
} satisfies Record<string, () => RulesTestContext>;

const jobsOf = (context: RulesTestContext, spaceId: string) =>
  getDocs(query(collection(context.firestore(), "jobs"), where("spaceId", "==", spaceId)));

for (const who of ["a giver", "the recipient"] as const) {
  test(`${who} reads and lists the space's jobs, and no other space's`, async () => {
    const context = as[who]();
    await assertSucceeds(getDoc(doc(context.firestore(), "jobs/our-job")));
    const listed = await assertSucceeds(jobsOf(context, "ours"));
    assert.deepEqual(
      listed.docs.map((job) => job.id),
      ["our-job"],
    );
    await assertFails(getDoc(doc(context.firestore(), "jobs/their-job")));
    await assertFails(jobsOf(context, "theirs"));
    await assertFails(getDocs(collection(context.firestore(), "jobs")));
  });

  test(`${who} reads the space's feed, and lists or writes none`, async () => {
    const firestore = as[who]().firestore();
    assert.deepEqual((await assertSucceeds(getDoc(doc(firestore, "feeds/ours")))).data(), { seq: 1 });
    await assertFails(getDoc(doc(firestore, "feeds/theirs")));
    await assertFails(getDocs(collection(firestore, "feeds")));
    await assertFails(setDoc(doc(firestore, "feeds/ours"), { seq: 9 }));
    await backend.firestore.doc("feeds/ours").delete();
    await assertSucceeds(getDoc(doc(firestore, "feeds/ours")));
  });
}

for (const who of [
  "no one",
  "a stranger in no space",
  "a member of another space",
  "a stranger whose token claims the space",
  "a giver whose token names no session",
  "a giver whose token names another's session",
  "a giver whose token names a session that never was",
  "a giver whose token names no possible session",
] as const) {
  test(`${who} reads and lists none of the space's jobs`, async () => {
    const context = as[who]();
    await assertFails(getDoc(doc(context.firestore(), "feeds/ours")));
    await assertFails(getDoc(doc(context.firestore(), "jobs/our-job")));
    await assertFails(jobsOf(context, "ours"));
    await assertFails(getDocs(collection(context.firestore(), "jobs")));
  });
}

test("one in two spaces lists the jobs of each, and of both at once, and of no third", async () => {
  await backend.firestore.doc("members/giver").set({ spaceIds: ["of-giver", "ours"] });
  await backend.firestore.doc("jobs/own-job").set({ spaceId: "of-giver", state: "queued" });
  const firestore = as["a giver"]().firestore();
  const jobsIn = (...spaceIds: string[]) =>
    getDocs(query(collection(firestore, "jobs"), where("spaceId", "in", spaceIds)));
  const idsIn = async (...spaceIds: string[]) =>
    (await assertSucceeds(jobsIn(...spaceIds))).docs.map(({ id }) => id).sort();
  assert.deepEqual(await idsIn("ours"), ["our-job"]);
  assert.deepEqual(await idsIn("of-giver"), ["own-job"]);
  assert.deepEqual(await idsIn("ours", "of-giver"), ["our-job", "own-job"]);
  await assertFails(jobsIn("ours", "theirs"));
  await assertSucceeds(jobsOf(as["a giver"](), "of-giver"));
});

test("no one writes anything, their own space's jobs included", async () => {
  for (const context of Object.values(as).map((make) => make())) {
    const db = context.firestore();
    await assertFails(updateDoc(doc(db, "jobs/our-job"), { state: "succeeded" }));
    await assertFails(setDoc(doc(db, "jobs/new-job"), { spaceId: "ours" }));
    await assertFails(deleteDoc(doc(db, "jobs/our-job")));
    await assertFails(setDoc(doc(db, "members/stranger"), { spaceIds: ["ours"] }));
    await assertFails(setDoc(doc(db, "sessions/new"), { userId: "giver", expiresAt: new Date() }));
    await assertFails(updateDoc(doc(db, "sessions/of-giver"), { expiresAt: new Date(Date.now() + 1e9) }));
    await assertFails(setDoc(doc(db, "results/made-up"), { spaceId: "ours" }));
  }
});

test("nothing but jobs is read by anyone, one's own membership included", async () => {
  for (const context of Object.values(as).map((make) => make())) {
    for (const path of [...OTHERS, "members/giver", "sessions/of-giver"]) {
      await assertFails(getDoc(doc(context.firestore(), path)));
    }
  }
});

test("a member who was removed stops reading at once, with the token they have", async () => {
  const context = as["a giver"]();
  await assertSucceeds(getDoc(doc(context.firestore(), "jobs/our-job")));
  await backend.firestore.doc("members/giver").delete();
  await assertFails(getDoc(doc(context.firestore(), "jobs/our-job")));
  await assertFails(jobsOf(context, "ours"));
});

test("a session that ends stops its own reading at once, and no other session's", async () => {
  const [giver, recipient] = [as["a giver"](), as["the recipient"]()];
  await assertSucceeds(jobsOf(giver, "ours"));
  await backend.firestore.doc("sessions/of-giver").delete();
  await assertFails(getDoc(doc(giver.firestore(), "jobs/our-job")));
  await assertFails(jobsOf(giver, "ours"));
  await assertSucceeds(jobsOf(recipient, "ours"));
});

test("a session whose time is over reads nothing, though its document is there", async () => {
  const expiresAt = new Date(Date.now() - 1000);
  await backend.firestore.doc("sessions/of-giver").set({ userId: "giver", expiresAt });
  await assertFails(jobsOf(as["a giver"](), "ours"));
});
