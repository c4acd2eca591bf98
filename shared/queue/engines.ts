import type { Firestore } from "@google-cloud/firestore";
import { plusSeconds } from "../platform/clock.ts";
import type { Logger } from "../platform/log/logger.ts";
import { type Engine, engineDocumentId, enginesOf } from "./engineDocument.ts";
import { accountIdOf } from "./engineRecordDocument.ts";
import { readableEngine } from "./readableEngine.ts";

/** An engine that hasn't called for this long is silent: it sleeps, or it is gone. */
export const SILENT_AFTER_SECONDS = 120;
/** An engine that hasn't called for this long is forgotten. */
export const FORGOTTEN_AFTER_SECONDS = 3600;
/** More engines than this aren't looked at. */
const MOST_ENGINES = 500;

interface EnginesDeps {
  readonly firestore: Firestore;
  readonly log: Logger;
}

/** Engines that asked for work within the last hour. One that works is known by its jobs: it says nothing but renewals. */
export async function knownEngines(
  { firestore, log }: EnginesDeps,
  now: Date,
): Promise<{ engine: Engine; silent: boolean }[]> {
  const found = await enginesOf(firestore)
    .where("seenAt", ">", plusSeconds(now, -FORGOTTEN_AFTER_SECONDS))
    .limit(MOST_ENGINES)
    .get();
  const silentBefore = plusSeconds(now, -SILENT_AFTER_SECONDS);
  return found.docs.flatMap((document) => {
    const engine = readableEngine(document, log);
    return engine ? [{ engine, silent: engine.seenAt < silentBefore }] : [];
  });
}

/** That an engine asked for work: fields of `engines/{id}`, written beside what it was given. */
export interface Pull {
  readonly id: string;
  readonly content: Partial<Engine>;
}

/**
 * @param caller the engine's service account
 * @param pull.filled whether it was given all it asked for
 */
export function pullOf(
  caller: string,
  pull: { engineId: string; kinds: readonly string[]; filled: boolean; now: Date },
): Pull {
  const { engineId, kinds, filled, now } = pull;
  return {
    id: engineDocumentId(caller, engineId),
    content: {
      engineId,
      account: caller,
      accountId: accountIdOf(caller),
      kinds: [...kinds],
      seenAt: now,
      pulledAt: now,
      ...(filled ? { filledAt: now } : {}),
      expiresAt: plusSeconds(now, 86_400),
    },
  };
}

/** Whether an engine that takes this kind was given all it asked for since a time: it is at work, and asks again when it is done. */
export function filledSince(kind: string, since: Date, deps: EnginesDeps): Promise<boolean> {
  return someEngine("filledAt", since, kind, deps);
}

/** Whether an engine that takes this kind asked for work since a time, with or without success. */
export function pulledSince(kind: string, since: Date, deps: EnginesDeps): Promise<boolean> {
  return someEngine("pulledAt", since, kind, deps);
}

async function someEngine(
  field: "filledAt" | "pulledAt",
  since: Date,
  kind: string,
  { firestore, log }: EnginesDeps,
): Promise<boolean> {
  const found = await enginesOf(firestore).where(field, ">", since).limit(MOST_ENGINES).get();
  return found.docs.some((document) => readableEngine(document, log)?.kinds.includes(kind));
}
