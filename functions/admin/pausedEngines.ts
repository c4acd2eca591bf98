/** Engines that are paused because they failed all of their work, as administrators get them. */
import type { Firestore } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import type { Kinds } from "#shared/kinds/index.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { enginesOf } from "#shared/queue/engineDocument.ts";
import { type EngineRecord, engineRecordsOf, LEASE_ENDS } from "#shared/queue/engineRecordDocument.ts";
import { readableEngine } from "#shared/queue/readableEngine.ts";

export const pausedEngineSchema = z
  .object({
    id: z.string().describe("For resuming it."),
    account: z
      .string()
      .nullable()
      .describe("The address of its service account; null when none of its engines called within a day."),
    engineId: z
      .string()
      .nullable()
      .describe("Its own name; null when all engines of the account are paused."),
    kind: z.string(),
    since: z.iso.datetime(),
    probes: z.number().int().describe("Single jobs that it was given since, to see whether it works again."),
    nextProbeAt: z.iso.datetime(),
    ends: z
      .record(z.enum(LEASE_ENDS), z.number().int())
      .describe("How its latest leases of this kind ended, at most 200."),
  })
  .openapi("PausedEngine");
export type PausedEngine = z.infer<typeof pausedEngineSchema>;

/** More aren't listed. */
const MOST_PAUSED = 200;

export interface PausedEnginesDeps {
  readonly firestore: Firestore;
  readonly kinds: Kinds;
  readonly log: Logger;
}

/** Every pause there is, the longest first. */
export async function pausedEngines({ firestore, kinds, log }: PausedEnginesDeps): Promise<PausedEngine[]> {
  const found = await engineRecordsOf(firestore)
    .where("pausedKinds", "array-contains-any", [...kinds.keys()])
    .limit(MOST_PAUSED)
    .get();
  const all = await Promise.all(
    found.docs.map(async (document) => {
      const record = readableEngine(document, log);
      return record ? pausesOf(document.id, record, await accountOf(record, { firestore, log })) : [];
    }),
  );
  return all.flat().toSorted((a, b) => a.since.localeCompare(b.since));
}

function pausesOf(id: string, { engineId, kinds }: EngineRecord, account: string | null): PausedEngine[] {
  return Object.entries(kinds).flatMap(([kind, { pause, ends }]) => {
    if (!pause) return [];
    const count = (how: (typeof LEASE_ENDS)[number]) => ends.filter((end) => end.how === how).length;
    return {
      ...{ id, account, engineId, kind, probes: pause.probes },
      since: pause.since.toISOString(),
      nextProbeAt: pause.nextProbeAt.toISOString(),
      ends: {
        succeeded: count("succeeded"),
        input_failed: count("input_failed"),
        failed: count("failed"),
        lost: count("lost"),
        released: count("released"),
      },
    };
  });
}

/** Records hold a hash of the address; an engine that called lately has the address itself. */
async function accountOf(
  { accountId }: EngineRecord,
  { firestore, log }: Pick<PausedEnginesDeps, "firestore" | "log">,
): Promise<string | null> {
  const found = await enginesOf(firestore).where("accountId", "==", accountId).limit(1).get();
  const [engine] = found.docs;
  return (engine && readableEngine(engine, log)?.account) ?? null;
}
