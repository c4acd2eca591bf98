/** What our code does with Firestore, by Google's client (gRPC) and by ours (REST): both give the same outcomes. */
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { after, before, describe, test } from "node:test";
import type { DocumentData, DocumentReference, Firestore } from "@google-cloud/firestore";
import * as google from "@google-cloud/firestore";
import { askEmulator } from "#local/firebase/askEmulator.ts";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { hasGrpcStatus } from "#shared/platform/grpcStatus.ts";

/** Classes of values that a client works with. */
type Values = Pick<typeof google, "Timestamp" | "FieldValue" | "FieldPath" | "GeoPoint">;

/** Functions are not held back by security rules; without any, as in other suites, the emulator holds no one back. */
const NO_ONE =
  "service cloud.firestore { match /databases/{database}/documents { match /{any=**} { allow read, write: if false; } } }";

/** Every sort of value that a document of ours has, under names that mean something else in Firestore's own messages. */
const documentOf = ({ Timestamp, GeoPoint, FieldValue }: Values): DocumentData => ({
  text: "ü \u0000 \u{1F600}",
  empty: "",
  yes: true,
  none: null,
  whole: 42,
  largest: Number.MAX_SAFE_INTEGER,
  negative: -1,
  fraction: 0.1,
  tiny: 5e-324,
  notANumber: Number.NaN,
  infinite: Number.NEGATIVE_INFINITY,
  time: new Timestamp(1_767_225_600, 123_456_000),
  early: new Timestamp(-62_135_596_800, 0),
  bytes: Buffer.from([0, 255, 1]),
  list: [1, "two", { three: [] }],
  noList: [],
  map: { limit: { value: 3 }, fields: { a: 1 }, updateTime: "no time", nullValue: 7, transaction: "AAEC" },
  noMap: {},
  place: new GeoPoint(0, -1.5),
  vector: FieldValue.vector([0.5, 2]),
});

let backend: TestFirestore;
let rest: Firestore;
let bundled: Firestore;
before(async () => {
  backend = await testFirestore();
  await askEmulator(
    "rules that refuse everyone",
    `http://${backend.host}/emulator/v1/projects/${backend.projectId}:securityRules`,
    () => ({
      method: "PUT",
      body: JSON.stringify({ rules: { files: [{ name: "rules", content: NO_ONE }] } }),
    }),
  );
  const settings = { GOOGLE_CLOUD_PROJECT: backend.projectId };
  rest = createRestFirestore(settings);
  bundled = (
    await inBundle<{ createRestFirestore: typeof createRestFirestore }>("client.ts")
  ).createRestFirestore(settings);
});
after(() => backend.drop());

/**
 * A module of the REST client as bundles have it: with our own classes of values in the place of Google's package
 * (tools/build/restFirestorePlugin.ts).
 */
async function inBundle<Module>(file: string): Promise<Module> {
  const rest = new URL("../../../shared/platform/firestore/rest/", import.meta.url);
  const hooks = registerHooks({
    resolve(asked, context, next) {
      if (!context.parentURL?.endsWith("?bundled")) return next(asked, context);
      if (asked === "@google-cloud/firestore")
        return {
          url: `${new URL("valueClasses.ts", rest)}?bundled`,
          format: "module-typescript",
          shortCircuit: true,
        };
      const found = next(asked, context);
      return found.url.startsWith(rest.href) ? { ...found, url: `${found.url}?bundled` } : found;
    },
  });
  try {
    return await import(`${new URL(file, rest)}?bundled`);
  } finally {
    hooks.deregister();
  }
}
/** Our classes have of Google's what our code uses. */
const ours = await inBundle<Values>("valueClasses.ts");

const clients = {
  gRPC: { client: () => backend.firestore, values: google },
  REST: { client: () => rest, values: google },
  "REST in a bundle": { client: () => bundled, values: ours },
} satisfies Record<string, { client: () => Firestore; values: Values }>;

for (const [writer, reader] of [
  ["gRPC", "REST"],
  ["REST", "gRPC"],
  ["REST in a bundle", "gRPC"],
  ["gRPC", "REST in a bundle"],
  ["REST", "REST"],
] as const) {
  test(`a document written by ${writer} is read by ${reader} as it was`, async () => {
    const path = `kinds/${writer}-${reader}`;
    await clients[writer].client().doc(path).set(documentOf(clients[writer].values));
    const read = await clients[reader].client().doc(path).get();
    assert.deepEqual(read.data(), documentOf(clients[reader].values));
    const other = await backend.firestore.doc(path).get();
    for (const time of ["updateTime", "createTime"] as const)
      assert.deepEqual(
        [read[time]?.seconds, read[time]?.nanoseconds],
        [other[time]?.seconds, other[time]?.nanoseconds],
        "times are whole microseconds",
      );
  });
}

for (const [transport, { client, values }] of Object.entries(clients)) {
  const { FieldPath, FieldValue, Timestamp } = values;
  describe(`by ${transport}`, () => {
    let firestore: Firestore;
    let document: DocumentReference;
    let count = 0;
    const fresh = () => firestore.doc(`${transport}/${++count}`);
    before(() => {
      firestore = client();
      document = fresh();
    });

    test("a document that isn't there is missing, alone and among others", async () => {
      assert.equal((await document.get()).exists, false);
      const there = fresh();
      await there.set({ a: 1, b: { c: 2, d: 3 } });
      const found = await firestore.getAll(document, there, { fieldMask: ["b.c"] });
      assert.deepEqual(
        found.map((snapshot) => snapshot.data()),
        [undefined, { b: { c: 2 } }],
      );
    });

    test("a condition that doesn't hold refuses the write, by its code, and writes nothing", async () => {
      const there = fresh();
      await there.create({ a: 1 });
      await assert.rejects(there.create({ a: 2 }), (error) => hasGrpcStatus(error, "alreadyExists"));
      await assert.rejects(fresh().update({ a: 2 }), (error) => hasGrpcStatus(error, "notFound"));
      const { updateTime } = await there.get();
      assert.ok(updateTime);
      await there.update({ a: 3 }, { lastUpdateTime: updateTime });
      for (const late of [
        () => there.update({ a: 4 }, { lastUpdateTime: updateTime }),
        () => there.delete({ lastUpdateTime: updateTime }),
      ])
        await assert.rejects(late, (error) => hasGrpcStatus(error, "failedPrecondition"));
      assert.deepEqual((await there.get()).data(), { a: 3 });
    });

    test("a batch is whole or not at all, and its transforms are applied", async () => {
      const there = fresh();
      const other = fresh();
      const refused = firestore.batch().create(there, { a: 1 }).update(other, { a: 1 });
      await assert.rejects(refused.commit(), (error) => hasGrpcStatus(error, "notFound"));
      assert.equal((await there.get()).exists, false);
      const [written] = await firestore
        .batch()
        .create(there, { n: 1, gone: true, list: ["a"], at: FieldValue.serverTimestamp() })
        .update(there, {
          n: FieldValue.increment(41),
          gone: FieldValue.delete(),
          list: FieldValue.arrayUnion("a", "b"),
          "deep.in": 1,
        })
        .delete(other)
        .commit();
      const { at, ...rest } = (await there.get()).data() ?? {};
      assert.deepEqual(rest, { n: 42, list: ["a", "b"], deep: { in: 1 } });
      assert.ok(at instanceof Timestamp);
      assert.ok(written?.writeTime);
    });

    test("a set that merges leaves the other fields, also those within maps", async () => {
      const there = fresh();
      await there.set({ a: 1, map: { b: 2, c: 3 }, gone: 4 });
      await there.set({ map: { c: 5, d: {} }, gone: FieldValue.delete() }, { merge: true });
      assert.deepEqual((await there.get()).data(), { a: 1, map: { b: 2, c: 5, d: {} } });
      const most = fresh();
      for (const n of [3, 2]) await most.set({ n: FieldValue.maximum(n) }, { merge: true });
      assert.deepEqual((await most.get()).data(), { n: 3 });
    });

    test("a write's time is the document's, and a read's time is later", async () => {
      const there = fresh();
      const { writeTime } = await there.create({ a: 1 });
      const read = await there.get();
      assert.ok(read.updateTime?.isEqual(writeTime));
      assert.ok(read.readTime >= writeTime);
      assert.ok((await fresh().get()).readTime >= writeTime);
    });

    test("undefined is refused before anything is sent", async () => {
      const there = fresh();
      await assert.rejects(async () => there.set({ a: { b: undefined } }), /undefined/);
      assert.equal((await there.get()).exists, false);
    });

    test("a converter sees what is read and written; a query without one reads it raw", async () => {
      const there = fresh().withConverter({
        toFirestore: ({ n }: { n: number }) => ({ stored: n }),
        fromFirestore: (snapshot) => ({ n: snapshot.data().stored, id: snapshot.id }),
      });
      await there.set({ n: 7 });
      assert.deepEqual((await there.get()).data(), { n: 7, id: there.id });
      assert.deepEqual((await there.withConverter(null).get()).data(), { stored: 7 });
      assert.equal((await there.get()).get("stored"), 7);
      const [found] = (
        await there.parent.where(FieldPath.documentId(), "==", there.id).withConverter(null).get()
      ).docs;
      assert.deepEqual([found?.data(), found?.ref.path], [{ stored: 7 }, there.path]);
    });

    test("queries filter, order, page, select and count", async () => {
      const all = firestore.collection(`${transport}-queries`);
      const batch = firestore.batch();
      for (let n = 0; n < 6; n++)
        batch.set(all.doc(`d${n}`), {
          n,
          even: n % 2 === 0,
          tags: [`t${n % 3}`],
          at: new Timestamp(n, 1000 * n),
        });
      await batch.commit();
      const idsOf = async (query: FirebaseFirestore.Query) => (await query.get()).docs.map(({ id }) => id);
      assert.deepEqual(await idsOf(all.where("even", "==", true).orderBy("n", "desc").limit(2)), [
        "d4",
        "d2",
      ]);
      assert.deepEqual(await idsOf(all.where("n", ">=", 4)), ["d4", "d5"]);
      assert.deepEqual(await idsOf(all.where("tags", "array-contains", "t1")), ["d1", "d4"]);
      assert.deepEqual(await idsOf(all.where("n", "in", [5, 0])), ["d0", "d5"]);
      assert.deepEqual(await idsOf(all.orderBy("at").startAfter(new Timestamp(3, 3000))), ["d4", "d5"]);
      assert.deepEqual(await idsOf(all.orderBy(FieldPath.documentId()).startAfter("d3").limit(1)), ["d4"]);
      assert.deepEqual(await idsOf(all.where("n", ">", 99)), []);
      assert.deepEqual(await idsOf(all.orderBy("n").endBefore(2)), ["d0", "d1"]);
      assert.deepEqual(await idsOf(all.orderBy("even").orderBy("n", "desc").startAfter(false, 3).limit(2)), [
        "d1",
        "d4",
      ]);
      for (const query of [
        all.orderBy("n", "desc"),
        all.where("n", "<=", 4),
        all.orderBy(FieldPath.documentId()),
      ]) {
        const [first, ...others] = (await query.get()).docs;
        assert.ok(first);
        assert.deepEqual(
          await idsOf(query.startAfter(first)),
          others.map(({ id }) => id),
        );
      }
      const selected = await all.where("n", "==", 1).select("even").get();
      assert.deepEqual(selected.docs[0]?.data(), { even: false });
      assert.equal((await all.where("even", "==", true).count().get()).data().count, 3);
      assert.equal((await all.limit(4).count().get()).data().count, 4);
    });

    test("a transaction's writes are made once, though many want the same document", async () => {
      const counter = fresh();
      await counter.set({ n: 0 });
      await Promise.all(
        Array.from({ length: 5 }, () =>
          firestore.runTransaction(
            async (transaction) => {
              const n = (await transaction.get(counter)).get("n");
              transaction.update(counter, { n: n + 1 });
            },
            { maxAttempts: 30 },
          ),
        ),
      );
      assert.deepEqual((await counter.get()).data(), { n: 5 });
    });

    test("a transaction reads documents and queries together, and never after a write", async () => {
      const [one, other] = [fresh(), fresh()];
      await one.set({ of: `${transport}-reads` });
      const read = await firestore.runTransaction(async (transaction) => {
        const [documents, found] = await Promise.all([
          transaction.getAll(one, other, one),
          transaction.get(one.parent.where("of", "==", `${transport}-reads`)),
        ]);
        return [documents.map(({ exists }) => exists), found.docs.map(({ id }) => id)];
      });
      assert.deepEqual(read, [[true, false, true], [one.id]]);
      await assert.rejects(
        firestore.runTransaction(async (transaction) => {
          transaction.delete(one);
          await transaction.get(one);
        }),
      );
      assert.equal((await one.get()).exists, true);
    });

    test("a transaction whose work throws leaves nothing, and its lock ends", async () => {
      const there = fresh();
      await there.set({ n: 0 });
      const thrown = firestore.runTransaction(async (transaction) => {
        await transaction.get(firestore.collection(transport).where("n", "==", 0));
        transaction.update(there, { n: 1 });
        throw new Error("of the work");
      });
      await assert.rejects(thrown, /of the work/);
      await there.update({ n: 2 });
      assert.deepEqual((await there.get()).data(), { n: 2 });
    });
  });
}

test("while Firestore can't be reached, a call by REST fails as unavailable", async () => {
  const host = process.env.FIRESTORE_EMULATOR_HOST;
  process.env.FIRESTORE_EMULATOR_HOST = "127.0.0.1:1";
  const away = createRestFirestore({ GOOGLE_CLOUD_PROJECT: backend.projectId });
  process.env.FIRESTORE_EMULATOR_HOST = host;
  await assert.rejects(away.doc("a/b").get(), (error) => hasGrpcStatus(error, "unavailable"));
});
