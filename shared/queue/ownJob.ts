import type { Firestore } from "@google-cloud/firestore";
import { errors } from "../platform/errors.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { requireMember } from "../spaces/membership.ts";
import type { SpaceAct } from "../spaces/spaceTypes.ts";
import type { Job } from "./jobDocument.ts";
import { findJob } from "./store.ts";

/** A job, and who asks for it. */
export interface OwnJobInput {
  readonly userId: string;
  readonly id: string;
}

/**
 * A job of a space that the caller is in. A job never changes its space, so the check holds for what follows.
 * @param act what the caller wants to do there; reading unless given
 * @throws `not_found`, whether it isn't there or they aren't in its space; `forbidden` when their role there may not do so
 */
export async function ownJob(
  { userId, id }: OwnJobInput,
  deps: { readonly sql: Sql; readonly firestore: Firestore },
  act?: SpaceAct,
): Promise<Job> {
  const found = await findJob(deps.firestore, id);
  if (!found) throw errors.notFound();
  await requireMember(deps.sql, { userId, spaceId: found.spaceId }, act);
  return found;
}
