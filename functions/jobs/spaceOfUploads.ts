import type { Firestore } from "@google-cloud/firestore";
import { errors } from "#shared/platform/errors.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type Membership, membershipOf, requireAct, requireSpace } from "#shared/spaces/membership.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";

/**
 * The space that all of these uploads are in. An upload of a space that the caller isn't in counts as one that isn't there; where none is
 * there, it is the space that a request without one means.
 * @param uploads ids by role
 * @throws `upload_unknown` for uploads of more than one space; `forbidden` when the caller may not submit there
 */
export async function spaceOfUploads(
  { userId, uploads }: { readonly userId: string; readonly uploads: Readonly<Record<string, string>> },
  deps: { readonly sql: Sql; readonly firestore: Firestore },
): Promise<Membership> {
  const byRole = Object.entries(uploads).filter(([, id]) => ID_PATTERN.test(id));
  const spaceIds = await spacesOfUploads(
    byRole.map(([, id]) => id),
    deps.firestore,
  );
  let common: Membership | undefined;
  for (const [index, spaceId] of spaceIds.entries()) {
    if (spaceId === undefined || spaceId === common?.spaceId) continue;
    const membership = await membershipOf(deps.sql, userId, spaceId);
    if (!membership) continue;
    if (common) {
      const message = "expected an upload of the same space as the others";
      const issues = [{ path: `inputs.${byRole[index]?.[0]}`, message }];
      throw errors.uploadUnknown("the uploads are in several spaces", { issues });
    }
    common = membership;
  }
  if (!common) return requireSpace(deps.sql, { userId }, "submit");
  requireAct(common, "submit");
  return common;
}

/** The space of each upload; undefined for one that isn't there. */
async function spacesOfUploads(
  ids: readonly string[],
  firestore: Firestore,
): Promise<readonly (string | undefined)[]> {
  if (ids.length === 0) return [];
  const documents = ids.map((id) => uploadsOf(firestore).doc(id));
  const found = await firestore.getAll(...documents);
  return found.map((snapshot) => {
    const spaceId: unknown = snapshot.get("spaceId");
    return typeof spaceId === "string" ? spaceId : undefined;
  });
}
