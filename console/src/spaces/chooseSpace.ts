/** Which of a person's spaces is meant: whose things a page shows, and whose what is sent becomes. */
import type { components } from "../api/schema.d.ts";

export type Space = components["schemas"]["Space"];

/** The space that the API means when a request names none. */
export function defaultSpace(spaces: readonly Space[]): Space | undefined {
  return spaces.find(({ type }) => type === "care") ?? spaces.find(({ type }) => type === "personal");
}

/**
 * The first of the wanted spaces that the person is in, or else the one that the API means.
 * @param wanted ids, undefined for one that isn't given
 */
export function chooseSpace(
  spaces: readonly Space[],
  wanted: readonly (string | undefined)[],
): Space | undefined {
  for (const id of wanted) {
    const found = spaces.find((space) => space.id === id);
    if (found !== undefined) return found;
  }
  return defaultSpace(spaces);
}
