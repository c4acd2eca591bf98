/** What our code does with Firestore, by gRPC and by REST: both transports of Google's client give the same outcomes. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type DocumentData,
  type DocumentReference,
  FieldPath,
  FieldValue,
  type Firestore,
  Timestamp,
} from "@google-cloud/firestore";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { hasGrpcStatus } from "#shared/platform/grpcStatus.ts";

const MICROSECONDS = new Timestamp(1_767_225_600, 123_456_000);
/** Every sort of value that a document of ours has, under names that mean something else in Firestore's own messages. */
const DOCUMENT: DocumentData = {
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
  time: MICROSECONDS,
  early: new Timestamp(-62_135_596_800, 0),
  bytes: Buffer.from([0, 255, 1]),
  list: [1, "two", { three: [] }],
  noList: [],
  map: { limit: { value: 3 }, fields: { a: 1 }, updateTime: "no time", nullValue: 7, transaction: "AAEC" },
  noMap: {},
};

let backend: TestFirestore;
let rest: Firestore;
before(async () => {
  backend = await testFirestore();
  rest = createRestFirestore({ GOOGLE_CLOUD_PROJECT: backend.projectId });
});
after(() => backend.drop());

const transports = ["gRPC", "REST"] as const;
const clientOf = (transport: (typeof transports)[number]) =>
  transport === "gRPC" ? backend.firestore : rest;

for (const [writer, reader] of [
  ["gRPC", "REST"],
  ["REST", "gRPC"],
  ["REST", "REST"],
] as const) {
  test(`a document written by ${writer} is read by ${reader} as it was`, async () => {
    const path = `kinds/${writer}-${reader}`;
    await clientOf(writer).doc(path).set(DOCUMENT);
    const read = await clientOf(reader).doc(path).get();
    assert.deepEqual(read.data(), DOCUMENT);
    const other = await backend.firestore.doc(path).get();
    assert.ok(read.updateTime?.isEqual(other.updateTime ?? Timestamp.now()), "times are whole microseconds");
    assert.ok(read.createTime?.isEqual(other.createTime ?? Timestamp.now()));
  });
}

for (const transport of transports) {
  describe(`by ${transport}`, () => {
    let firestore: Firestore;
    let document: DocumentReference;
    let count = 0;
    const fresh = () => firestore.doc(`${transport}/${++count}`);
    before(() => {
      firestore = clientOf(transport);
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
