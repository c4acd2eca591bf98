/** The change log of a space: what has changed after a number. */
import type { components } from "../api/schema.d.ts";

export type Changes = components["schemas"]["Changes"];
export type ChangedType = Changes["items"][number]["type"];

/**
 * Reads the log to its end.
 * @param type of the things that are looked for
 * @param read answers the changes after a number, `GET /v1/spaces/{id}/changes`
 * @returns `after` for the next time, and whether a thing of the type may have changed
 * @throws what `read` throws; then the log is read from the same number next time
 */
export async function readChangeLog(
  after: number,
  type: ChangedType,
  read: (after: number) => Promise<Changes>,
): Promise<{ readonly after: number; readonly hasChanged: boolean }> {
  let hasChanged = false;
  let next = after;
  for (;;) {
    const { items, nextSeq, reset } = await read(next);
    // After a reset only the list itself says what changed.
    hasChanged ||= reset || items.some((item) => item.type === type);
    next = nextSeq;
    if (items.length === 0) return { after: next, hasChanged };
  }
}
