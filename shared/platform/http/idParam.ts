import { z } from "@hono/zod-openapi";
import { ID_PATTERN } from "../ids.ts";

const NAMES_NOTHING = "names_nothing";

/**
 * A path's part that names a thing. What can't be a name of ours is answered as a name that isn't there: 404.
 * @param isPossible whether there can be a thing of that name
 */
export function nameInPath(isPossible: (name: string) => boolean) {
  return z.string().refine(isPossible, { params: { [NAMES_NOTHING]: true } });
}

/** An id of ours in a path. */
export const idInPath = nameInPath((id) => ID_PATTERN.test(id));

/** The path's parameters of most routes of one thing. */
export const idParam = z.object({ id: idInPath });

/** Whether this issue is of a name in the path that can't be one of ours. */
export function namesNothing(issue: z.core.$ZodIssue): boolean {
  return issue.code === "custom" && issue.params?.[NAMES_NOTHING] === true;
}
