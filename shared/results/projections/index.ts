import type { DomainEvent } from "../../events/event.ts";
import { enqueueEvent } from "../../events/outbox.ts";
import type { Sql } from "../../platform/sql/pool.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "../resultDocument.ts";
import type { Projection } from "./projection.ts";
import { sessionProjection } from "./session.ts";

/** The projections, by kind. A kind that has none is in `resources` only. Samples have none: they are about no person. */
const projections: ReadonlyMap<string, Projection> = new Map([["session", sessionProjection]]);

/** The projection that a result has. */
export function projectionOf(result: Pick<Result, "kind" | "spaceId">): Projection | undefined {
  return result.spaceId === SAMPLES_SPACE ? undefined : projections.get(result.kind);
}

/** Writes what the kind keeps of a result, after its resource. */
export async function project(sql: Sql, result: Result): Promise<void> {
  await projectionOf(result)?.put(sql, resourceIdOf(result.jobId), result);
}

/** Puts into the outbox what the kind notifies phones of, beside that there is a result. */
export async function announce(sql: Sql, result: Result, now: Date): Promise<readonly DomainEvent[]> {
  const event = await projectionOf(result)?.eventOf(sql, resourceIdOf(result.jobId), result, now);
  return event && (await enqueueEvent(sql, event)) ? [event] : [];
}

/** What is kept of these resources, by their ids. */
export async function projected(
  sql: Sql,
  resources: readonly { readonly id: string; readonly kind: string }[],
): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const [kind, projection] of projections) {
    const ids = resources.filter((resource) => resource.kind === kind).map(({ id }) => id);
    if (ids.length === 0) continue;
    for (const [id, rows] of await projection.stored(sql, ids)) found.set(id, rows);
  }
  return found;
}
