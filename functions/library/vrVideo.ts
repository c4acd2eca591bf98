/** A VR video, as people get it: one scene and up to ten avatars, each put somewhere. */
import { z } from "@hono/zod-openapi";
import { resourceSchema, viewResource } from "./resource.ts";
import type { ResourceRow } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";
import { transformSchema } from "./transform.ts";
import type { VrVideoRow } from "./vrVideoRows.ts";

const placed = z.object({ resourceId: z.string(), transform: transformSchema });

export const vrVideoSchema = z
  .object({
    id: z.string(),
    spaceId: z.string(),
    title: z.string(),
    scene: placed,
    avatars: z.array(placed),
    createdAt: z.iso.datetime(),
  })
  .openapi("VrVideo");
export type VrVideo = z.infer<typeof vrVideoSchema>;

const placedResource = placed.extend({ resource: resourceSchema });

export const viewableVrVideoSchema = vrVideoSchema
  .extend({
    scene: placedResource,
    avatars: z.array(placedResource),
    urlsExpireAt: z.iso.datetime().describe("When the first of all these files' URLs ends."),
  })
  .openapi("ViewableVrVideo");
export type ViewableVrVideo = z.infer<typeof viewableVrVideoSchema>;

export function viewVrVideo(row: VrVideoRow): VrVideo {
  return {
    id: row.id,
    spaceId: row.space_id,
    title: row.title,
    scene: { resourceId: row.scene_id, transform: row.scene_transform },
    avatars: row.avatars,
    createdAt: row.created_at.toISOString(),
  };
}

/**
 * Everything that a viewer needs of a VR video.
 * @param resources those of its resources that the person may see; an avatar that isn't among them is left out
 * @returns undefined when its scene isn't among them
 */
export async function viewWithResources(
  row: VrVideoRow,
  resources: readonly ResourceRow[],
  signer: FileSigner,
): Promise<ViewableVrVideo | undefined> {
  const signed = await Promise.all(resources.map((resource) => viewResource(resource, signer)));
  const byId = new Map(signed.map((resource) => [resource.id, resource]));
  const { scene, avatars, ...video } = viewVrVideo(row);
  const sceneResource = byId.get(scene.resourceId);
  if (!sceneResource) return undefined;
  const ends = signed.map(({ urlsExpireAt }) => urlsExpireAt).sort();
  return {
    ...video,
    scene: { ...scene, resource: sceneResource },
    avatars: avatars.flatMap((avatar) => {
      const resource = byId.get(avatar.resourceId);
      return resource ? [{ ...avatar, resource }] : [];
    }),
    urlsExpireAt: ends[0] ?? sceneResource.urlsExpireAt,
  };
}
