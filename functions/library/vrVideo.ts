/** A VR video, as people get it: one scene and up to ten avatars, each put somewhere. */
import { z } from "@hono/zod-openapi";
import { transformSchema } from "./transform.ts";
import type { VrVideoRow } from "./vrVideoRows.ts";

const placed = z.object({ resourceId: z.string(), transform: transformSchema });

export const vrVideoSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    scene: placed,
    avatars: z.array(placed),
    createdAt: z.iso.datetime(),
  })
  .openapi("VrVideo");
export type VrVideo = z.infer<typeof vrVideoSchema>;

export function viewVrVideo(row: VrVideoRow): VrVideo {
  return {
    id: row.id,
    title: row.title,
    scene: { resourceId: row.scene_id, transform: row.scene_transform },
    avatars: row.avatars,
    createdAt: row.created_at.toISOString(),
  };
}
