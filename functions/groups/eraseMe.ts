import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { type Caller, callerOf } from "./caller.ts";
import type { GroupsDeps } from "./deps.ts";

const erasureSchema = z
  .object({
    requestedAt: z.iso.datetime(),
    complete: z.boolean().describe("False while something is left; it goes by itself."),
    took: z
      .record(z.string(), z.number().int())
      .describe("How many of what went; bytes are those of objects."),
  })
  .openapi("Erasure");
/** Erases the caller, for good; what is left to do when it returns is done by `sweep`. */
export async function eraseMe(
  caller: Caller,
  deps: Pick<GroupsDeps, "erasure">,
): Promise<z.infer<typeof erasureSchema>> {
  const { eraseCaller } = await import("./eraseCaller.ts"); // rare, and loads Firestore
  const { requestedAt, took, doneAt } = await eraseCaller(caller, await deps.erasure());
  return { requestedAt: requestedAt.toISOString(), complete: doneAt !== null, took: { ...took } };
}

export const eraseMeRoute = route(
  {
    operationId: "eraseMe",
    access: "account",
    method: "delete",
    path: "/v1/me",
    summary: "Erase one's account, for good",
    description:
      "The personal space and a recipient's group go with them, with everything in it, and so does a space that no one else is in. What they made for other spaces stays there, without their name.",
    responses: {
      200: json(erasureSchema, "All of it is gone."),
      202: json(erasureSchema, "The account is gone; some of what belonged to it is still going."),
    },
    errors: [],
  },
  eraseMe,
  async (c, perform) => {
    const erasure = await perform(callerOf(c));
    return c.json(erasure, erasure.complete ? 200 : 202);
  },
);
