/** What the change log says of one thing of a space. */
import { z } from "@hono/zod-openapi";

/** Things that members see and phones may keep. */
export const CHANGE_TYPES = ["resource", "vr_video", "job", "member", "badge"] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** `put`: it came, or is another than before. `delete`: members can't see it any more. */
export type ChangeOp = "put" | "delete";

/** A thing of a space that changed. */
export interface Change {
  readonly spaceId: string;
  readonly type: ChangeType;
  readonly id: string;
  readonly op: ChangeOp;
}

export const changeSchema = z
  .object({
    seq: z.number().int().describe("Counts the space's changes, from 1."),
    type: z.enum(CHANGE_TYPES),
    id: z.string().describe("Of the resource, VR video, job or badge; for a member, the person's id."),
    op: z.enum(["put", "delete"]).describe("`put`: look at it again. `delete`: it is not there any more."),
    at: z.string().openapi({ format: "date-time" }),
  })
  .openapi("Change");
/** A change as people are shown it. */
export type ChangeView = z.infer<typeof changeSchema>;
