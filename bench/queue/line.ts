/** Jobs in line, written straight into the Firestore emulator. */
import type { Firestore } from "@google-cloud/firestore";
import { scene } from "#shared/kinds/scene.ts";
import { randomId } from "#shared/platform/ids.ts";
import { jobsOf } from "#shared/queue/jobDocument.ts";
import { transition } from "#shared/queue/transition.ts";

/** Documents of one commit, and commits under way. */
const BATCH = 400;
const LANES = 4;

/**
 * Adds queued jobs of the kind `scene`, each of a space of its own.
 * @param from the tag of the first; those that are there have smaller ones
 */
export async function fillLine(firestore: Firestore, count: number, from = 0): Promise<void> {
  let next = from;
  const lane = async () => {
    while (next < from + count) {
      const batch = firestore.batch();
      for (let added = 0; added < BATCH && next < from + count; added++, next++) {
        batch.set(jobsOf(firestore).doc(randomId()), queuedJob(next));
      }
      await batch.commit();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function queuedJob(tag: number) {
  const submission = {
    kind: "scene",
    spaceId: `space${tag}`,
    createdBy: "user",
    trace: "0af7651916cd43dd8448eb211c80319c",
    title: "A place",
    params: {},
    inputs: {},
  };
  const submit = { type: "submit", submission, uploads: new Map(), spaceErased: false } as const;
  const rules = { ...scene, inputs: {}, retentionDays: 90 };
  const outcome = transition(undefined, submit, new Date(1_770_000_000_000 + tag), rules);
  if (outcome.verdict !== "changed") throw new Error("the job was not taken");
  return { ...outcome.job, place: { tag, behindOwn: false } };
}

/** Removes all documents of a project from the emulator. */
export async function clearFirestore(emulator: string, projectId: string): Promise<void> {
  const url = `http://${emulator}/emulator/v1/projects/${projectId}/databases/(default)/documents`;
  const answer = await fetch(url, { method: "DELETE" });
  if (!answer.ok) throw new Error(`the Firestore emulator answered ${answer.status} to clearing`);
}
