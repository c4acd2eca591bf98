import { z } from "@hono/zod-openapi";
import { changeSchema } from "#shared/changes/change.ts";
import { type ChangesPage, readChanges } from "#shared/changes/readChanges.ts";
import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { emptyIsAbsent } from "#shared/platform/http/cursor.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

const changesSchema = z
  .object({
    items: z.array(changeSchema),
    nextSeq: z.number().int().describe("`after` of the next request."),
    reset: z
      .boolean()
      .describe(
        "The log doesn't reach back to `after`, and there are no items: list everything, then ask for what came after `nextSeq`.",
      ),
  })
  .openapi("Changes");

/**
 * What changed in a space after a number.
 * @throws `not_found` for a space that isn't there or that this person isn't in, alike
 */
export async function listChanges(
  { id: spaceId, ...input }: { userId: string; id: string; after: number; limit: number },
  deps: { readonly db: Sql },
): Promise<ChangesPage> {
  const page = await readChanges(deps.db, { ...input, spaceId });
  if (!page) throw errors.notFound();
  return page;
}

export const listChangesRoute = route(
  {
    operationId: "listChanges",
    access: "account",
    method: "get",
    path: "/v1/spaces/{id}/changes",
    summary: "What changed in a space",
    description:
      "For an app that keeps a copy: of each thing that changed after `after` its last change, in their order; ask again with `nextSeq` until there are no items. A thing that changes again moves to the end of the log, so numbers are left out, and no thing's last state is missed. Changes are kept for 30 days. Samples belong to no space and are in no log. An app that listens to Firestore's `feeds/{id}` needs to ask only when its `seq` rises.",
    request: {
      params: idParam,
      query: z.object({
        after: emptyIsAbsent(z.coerce.number().int().min(0).default(0)).describe(
          "`nextSeq` of the answer before; 0, or left out, for all changes.",
        ),
        limit: emptyIsAbsent(z.coerce.number().int().min(1).max(500).default(100)),
      }),
    },
    responses: { 200: json(changesSchema, "The changes, the oldest first.") },
    errors: ["not_found"],
  },
  listChanges,
  async (c, perform) =>
    c.json(
      await perform({
        userId: c.var.account.userId,
        ...c.req.valid("param"),
        ...c.req.valid("query"),
      }),
      200,
    ),
);
