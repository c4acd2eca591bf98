/** Looking at a result's document in Firestore: what is there, as of which version, and whether it can be read. */
import type { DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import type { Kinds } from "../kinds/index.ts";
import { type Version, versionOf } from "../platform/firestore/version.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { missingFile, readResult, type Unreadable } from "./readResult.ts";
import { type Result, rawResultsOf } from "./resultDocument.ts";

/** There is no document; the version is the time of the read. */
export interface AbsentDocument {
  readonly finding: "absent";
  readonly version: Version;
}
/** There is a document that can be read; the version is its update time. */
export interface ReadableDocument {
  readonly finding: "readable";
  readonly version: Version;
  readonly data: Record<string, unknown>;
  readonly result: Result;
}
/** There is a document that can't be read, and why. */
export interface UnreadableDocument {
  readonly finding: "unreadable";
  readonly version: Version;
  readonly data: Record<string, unknown>;
  readonly why: Unreadable;
}

/** A document as it was at one moment. */
export type Observation = AbsentDocument | ReadableDocument | UnreadableDocument;

export interface ObservationDeps {
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly objects: ObjectStore;
  readonly kinds: Kinds;
}

/** Reads a result's document as it is now, without a look at its files. */
export async function observe(
  jobId: string,
  { firestore, kinds }: Pick<ObservationDeps, "firestore" | "kinds">,
): Promise<Observation> {
  return observationOf(jobId, await rawResultsOf(firestore).doc(jobId).get(), kinds);
}

/** What a snapshot says by itself, without a look at the files. */
export function observationOf(jobId: string, snapshot: DocumentSnapshot, kinds: Kinds): Observation {
  const data = snapshot.data();
  if (data === undefined || snapshot.updateTime === undefined)
    return { finding: "absent", version: versionOf(snapshot.readTime) };
  const version = versionOf(snapshot.updateTime);
  const reading = readResult(jobId, data, kinds);
  return reading.ok
    ? { finding: "readable", version, data, result: reading.result }
    : { finding: "unreadable", version, data, why: reading.why };
}

/** The same observation after a look at the files: a result whose files are not there as it says is unreadable. */
export async function withFiles(observation: Observation, objects: ObjectStore): Promise<Observation> {
  if (observation.finding !== "readable") return observation;
  const why = await missingFile(observation.result, objects);
  return why ? unreadable(observation, why) : observation;
}

/** A readable document that turns out to be unreadable for a reason that it doesn't show by itself. */
export function unreadable({ version, data }: ReadableDocument, why: Unreadable): UnreadableDocument {
  return { finding: "unreadable", version, data, why };
}
