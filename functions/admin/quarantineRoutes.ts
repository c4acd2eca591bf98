/** The quarantine of `sync`: the list, one entry with what its document held, and reading it again after a fix. */
import { FieldPath, type Firestore, Timestamp } from "@google-cloud/firestore";
import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { isDocumentId } from "#shared/platform/firestore/documentId.ts";
import { microsecondsOf } from "#shared/platform/firestore/version.ts";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { decodeCursor, type Keyset, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { type Quarantined, quarantineOf, quarantineSchema } from "#shared/results/quarantineDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import type { AdminDeps } from "./deps.ts";

const item = z
  .object({
    id: z.string().describe("The job's id."),
    code: z.string(),
    detail: z.string(),
    version: z.string().describe("Update time of the document that could not be read."),
    spaceId: z.string().nullable(),
    quarantinedAt: z.iso.datetime(),
  })
  .openapi("Quarantined");
const whole = item.extend({ payload: z.string().describe("The document as JSON text.") });
const outcome = z.object({
  id: z.string(),
  outcome: z.enum(["synced", "gone", "quarantined", "erased", "unchanged"]),
});

const idParam = z.object({ id: z.string() });
const json = <Schema extends z.ZodType>(schema: Schema) => ({ "application/json": { schema } });

const listRoute = createRoute({
  ...access("admin"),
  method: "get",
  path: "/v1/admin/quarantine",
  summary: "Results that could not be read, newest first",
  request: { query: pageQuery },
  responses: {
    200: {
      description: "A page.",
      content: json(z.object({ items: z.array(item), nextCursor: z.string().nullable() })),
    },
  },
});
const getRoute = createRoute({
  ...access("admin"),
  method: "get",
  path: "/v1/admin/quarantine/{id}",
  summary: "One result that could not be read, with what its document held",
  request: { params: idParam },
  responses: { 200: { description: "It.", content: json(whole) } },
});
const replayRoute = createRoute({
  ...access("admin"),
  method: "post",
  path: "/v1/admin/quarantine/{id}/replay",
  summary: "Read a result again, after what kept it from being read was fixed",
  request: { params: idParam },
  responses: {
    200: {
      description: "What became of it; `quarantined` if it still can't be read.",
      content: json(outcome),
    },
  },
});

export function quarantineRoutes(app: App, deps: () => AdminDeps): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const entries = await listQuarantined(deps().sync.firestore, limit, decodeCursor(cursor));
    return c.json(pageOf(entries, limit, keysetOf, viewItem), 200);
  });

  app.openapi(getRoute, async (c) => {
    const entry = await quarantined(c.req.valid("param").id, deps().sync.firestore);
    const payload =
      entry.payload ?? (await deps().sync.objects.read(entry.payloadObject ?? ""))?.toString("utf8");
    if (payload === undefined) throw errors.notFound();
    return c.json({ ...viewItem(entry), payload }, 200);
  });

  app.openapi(replayRoute, async (c) => {
    const { jobId } = await quarantined(c.req.valid("param").id, deps().sync.firestore);
    return c.json({ id: jobId, outcome: await syncResult(jobId, deps().sync, "replay") }, 200);
  });
}

/** @throws `not_found` */
async function quarantined(id: string, firestore: Firestore): Promise<Quarantined> {
  if (!isDocumentId(id)) throw errors.notFound();
  const entry = (await quarantineOf(firestore).doc(id).get()).data();
  if (entry === undefined) throw errors.notFound();
  return entry;
}

async function listQuarantined(
  firestore: Firestore,
  limit: number,
  after: Keyset | undefined,
): Promise<Quarantined[]> {
  const newest = quarantineOf(firestore)
    .withConverter(null) // a page leaves out the payload, so it fits no schema
    .orderBy("quarantinedAt", "desc")
    .orderBy(FieldPath.documentId(), "desc")
    .select("jobId", "code", "detail", "version", "spaceId", "quarantinedAt", "payloadObject")
    .limit(limit + 1);
  const page = after ? newest.startAfter(Timestamp.fromDate(new Date(after[0])), after[1]) : newest;
  const { docs } = await page.get();
  return docs.map((document) => quarantineSchema.parse({ ...document.data(), payload: null }));
}

function keysetOf(entry: Quarantined): Keyset {
  return [microsecondsOf(entry.quarantinedAt), entry.jobId];
}

function viewItem({ jobId, code, detail, version, spaceId, quarantinedAt }: Quarantined) {
  return { id: jobId, code, detail, version, spaceId, quarantinedAt: quarantinedAt.toISOString() };
}
