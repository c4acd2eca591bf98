/** A resource that is put somewhere in a VR video, as it may be sent. */
import { z } from "@hono/zod-openapi";
import type { Kinds } from "#shared/kinds/index.ts";
import { errors, type InputIssue } from "#shared/platform/errors.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { usableKinds } from "./resourceRows.ts";
import { givenTransform } from "./transform.ts";
import { MAX_AVATARS } from "./vrVideoRows.ts";

export const placedSchema = z.strictObject({
  resourceId: z.string().regex(ID_PATTERN, "expected a resource's id"),
  transform: givenTransform,
});
export const avatarsSchema = z.array(placedSchema).min(1).max(MAX_AVATARS);
type Placed = z.infer<typeof placedSchema>;

/**
 * Keeps what is placed until the transaction ends.
 * @throws `resource_unknown` naming each resource that isn't there, is another space's (alike), or isn't made for that place
 */
export async function requireUsable(
  sql: Sql,
  spaceId: string,
  { scene, avatars = [] }: { scene?: Placed | undefined; avatars?: readonly Placed[] | undefined },
  kinds: Kinds,
): Promise<void> {
  const ids = [...(scene ? [scene] : []), ...avatars].map(({ resourceId }) => resourceId);
  if (ids.length === 0) return;
  const found = await usableKinds(sql, spaceId, ids);
  const issues: InputIssue[] = [];
  const check = (resourceId: string, role: "scene" | "avatar", path: string) => {
    const kind = kinds.get(found.get(resourceId) ?? "");
    if (kind?.vrRole !== role) issues.push({ path, message: `expected a resource that can be the ${role}` });
  };
  if (scene) check(scene.resourceId, "scene", "scene.resourceId");
  for (const [index, avatar] of avatars.entries())
    check(avatar.resourceId, "avatar", `avatars.${index}.resourceId`);
  if (issues.length > 0) throw errors.resourceUnknown("a resource can't be used here", { issues });
}
