import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { jsonBody } from "#shared/platform/http/content.ts";
import { idInPath } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import { EMPTY_RECORD } from "#shared/queue/engineRecord.ts";
import { engineRecordsOf, type KindRecord } from "#shared/queue/engineRecordDocument.ts";
import { changeRecord, type EngineRecordDeps, logResumed } from "#shared/queue/engineRecords.ts";
import { readableEngine } from "#shared/queue/readableEngine.ts";

/** An account with more engines than this has the rest resumed by the next call. */
const MOST_ENGINES = 500;

/**
 * Ends an engine's pause for a kind and begins its record again, so that it is leased to as before; for a whole account, those of all its
 * engines. Repeated, it changes nothing.
 * @throws `not_found` for an engine without a record
 */
export async function resumeEngine(
  { id, kind }: { id: string; kind: string },
  { submit }: { readonly submit: EngineRecordDeps },
): Promise<void> {
  const collection = engineRecordsOf(submit.firestore);
  const named = await collection.doc(id).get();
  const record = readableEngine(named, submit.log);
  if (!record) throw errors.notFound();
  const { accountId } = record;
  const ofAccount = collection.where("accountId", "==", accountId).limit(MOST_ENGINES);
  for (const document of record.engineId === null ? (await ofAccount.get()).docs : [named]) {
    const engine = { accountId, engineId: readableEngine(document, submit.log)?.engineId ?? "", kind };
    const change = await changeRecord(document.id, engine, begunAgain, submit);
    if (change.before.pause) logResumed(change, "administrator", submit.log);
  }
}

function begunAgain(record: KindRecord): KindRecord {
  return record.ends.length > 0 || record.pause ? EMPTY_RECORD : record;
}

export const resumeEngineRoute = route(
  {
    operationId: "resumeEngine",
    access: "admin",
    method: "post",
    path: "/v1/admin/paused-engines/{id}/resume",
    summary: "End the pause of an engine",
    request: {
      params: z.object({ id: idInPath }),
      body: jsonBody(z.strictObject({ kind: z.string().max(64) })),
    },
    responses: { 204: { description: "It is leased to as before." } },
    errors: ["not_found"],
  },
  resumeEngine,
  async (c, perform) => {
    await perform({ ...c.req.valid("param"), ...c.req.valid("json") });
    return c.body(null, 204);
  },
);
