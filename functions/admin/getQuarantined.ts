import type { Firestore } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import { quarantined, quarantinedSchema, quarantineParam, viewQuarantined } from "./quarantined.ts";

const withPayload = quarantinedSchema.extend({ payload: z.string().describe("The document as JSON text.") });

/**
 * One entry of the quarantine, with what its document held.
 * @throws `not_found`
 */
export async function getQuarantined(
  { id }: { id: string },
  { sync }: { readonly sync: { readonly firestore: Firestore; readonly objects: Pick<ObjectStore, "read"> } },
): Promise<z.infer<typeof withPayload>> {
  const entry = await quarantined(id, sync.firestore);
  const payload = entry.payload ?? (await sync.objects.read(entry.payloadObject ?? ""))?.toString("utf8");
  if (payload === undefined) throw errors.notFound();
  return { ...viewQuarantined(entry), payload };
}

export const getQuarantinedRoute = route(
  {
    operationId: "getQuarantined",
    access: "admin",
    method: "get",
    path: "/v1/admin/quarantine/{id}",
    summary: "One result that could not be read, with what its document held",
    request: { params: quarantineParam },
    responses: { 200: json(withPayload, "It.") },
    errors: ["not_found"],
  },
  getQuarantined,
  async (c, perform) => c.json(await perform(c.req.valid("param")), 200),
);
