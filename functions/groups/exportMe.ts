import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { emptyIsAbsent } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import { type Caller, callerOf } from "./caller.ts";
import type { GroupsDeps } from "./deps.ts";

const exportSchema = z
  .looseObject({
    exportedAt: z.iso.datetime(),
    linksExpireAt: z.iso.datetime(),
    complete: z.boolean().describe("Whether nothing was left out."),
    truncated: z.array(z.string()).describe("Lists that had more than fit."),
    nextCursor: z
      .string()
      .nullable()
      .describe("Asks for the same document with the links that this one doesn't have; null after the last."),
  })
  .openapi("Export");

/** Everything that is kept of the caller. */
export async function exportMe(
  { caller, cursor }: { caller: Caller; cursor: string | undefined },
  deps: GroupsDeps,
): Promise<z.infer<typeof exportSchema>> {
  const { exportCaller } = await import("./exportCaller.ts"); // rare, and loads Firestore
  return exportCaller(caller, cursor, deps);
}

export const exportMeRoute = route(
  {
    operationId: "exportMe",
    access: "account",
    rate: "export",
    method: "get",
    path: "/v1/me/export",
    summary: "Everything that is kept of oneself, with links to the files",
    description:
      "Answered within a minute, with at most 1,000 items of each list. A recipient gets all of the group's things, a giver those they made. Links work for 15 minutes. " +
      "One answer links about 300 files; `url` is null for the others, and `nextCursor` asks for them.",
    request: {
      query: z.object({
        cursor: emptyIsAbsent(z.string().max(100).optional()).describe("An earlier `nextCursor`."),
      }),
    },
    responses: { 200: json(exportSchema, "One document.") },
    errors: [],
  },
  exportMe,
  async (c, perform) =>
    c.json(await perform({ caller: callerOf(c), cursor: c.req.valid("query").cursor }), 200, {
      "content-disposition": 'attachment; filename="reverie-export.json"',
    }),
);
