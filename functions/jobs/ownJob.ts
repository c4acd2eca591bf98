import type { Firestore } from "@google-cloud/firestore";
import { errors } from "#shared/platform/errors.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { Job } from "#shared/queue/jobDocument.ts";
import { findJob } from "#shared/queue/store.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";

/** A job, and who asks for it. */
export interface OwnJobInput {
  readonly userId: string;
  readonly id: string;
}

/**
 * A job of the caller's space. A job never changes its space, so the check holds for what follows.
 * @throws `not_found`, whether it isn't there or is another space's
 */
export async function ownJob(
  { userId, id }: OwnJobInput,
  deps: { readonly sql: Sql; readonly firestore: Firestore },
): Promise<Job> {
  const [space, found] = await Promise.all([spaceOfCaller(deps.sql, userId), findJob(deps.firestore, id)]);
  if (!found || found.spaceId !== space?.spaceId) throw errors.notFound();
  return found;
}
