import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { queryOf, shapes } from "./queries.ts";

const placedSchema = z.object({ place: z.object({ tag: z.number() }) });

/**
 * How far a kind's line has come: the largest tag that runs, or else the smallest that waits, or else 0. Read outside of transactions
 * on purpose, so that submitting locks nobody's job: a slightly old value shifts a place by a turn, no more.
 */
export async function virtualTime(kind: string, firestore: Firestore): Promise<number> {
  const tag = async (query: FirebaseFirestore.Query) => {
    const found = await query.select("place.tag").limit(1).get();
    const first = found.docs[0];
    return first && placedSchema.parse(first.data()).place.tag;
  };
  const [running, waiting] = await Promise.all([
    tag(queryOf(firestore, shapes.runningByTag, kind, "running")),
    tag(queryOf(firestore, shapes.line, kind, true)),
  ]);
  return running ?? waiting ?? 0;
}
