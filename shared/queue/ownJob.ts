import type { Firestore } from "@google-cloud/firestore";
import { errors } from "../platform/errors.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { spaceOfCaller } from "../spaces/spaceOfCaller.ts";
import type { Job } from "./jobDocument.ts";
import { findJob } from "./store.ts";

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
