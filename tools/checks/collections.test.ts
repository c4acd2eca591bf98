import assert from "node:assert/strict";
import { test } from "node:test";
import { collectionProblems } from "./collections.ts";
import { deployedSources } from "./edges.ts";

test("no deployed file names a Firestore path but those of the documents' schemas", () => {
  const sources = deployedSources();
  assert.ok(sources.length > 100);
  assert.ok(sources.filter(({ text }) => /\btypedCollection\(/.test(text)).length > 8);
  assert.deepEqual(collectionProblems(sources), []);
});

test("each way around a typed collection is found, and the ways through one are not", () => {
  const path = "shared/queue/store.ts";
  const wrong = [
    'firestore.collection("jobs").get()',
    "deps.firestore\n    .collection(name)",
    'firestore.collectionGroup("jobs")',
    "deps.firestore.doc(path)",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source
    "raw.doc(`jobs/${id}`)",
    'typedCollection(firestore, "jobs", jobSchema)',
  ];
  for (const text of wrong) assert.equal(collectionProblems([{ path, text }]).length, 1, text);
  const right = [
    { path, text: "jobsOf(deps.firestore).doc(id)" },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source
    { path, text: "bellsOf(firestore).doc(`${kind}_${address}`)" },
    { path: "shared/queue/jobDocument.ts", text: 'typedCollection(firestore, "jobs", jobSchema)' },
    { path: "shared/platform/firestore/collection.ts", text: "firestore.collection(path)" },
  ];
  assert.deepEqual(collectionProblems(right), []);
});
