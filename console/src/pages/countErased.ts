/** What the erasure of an account will take, counted in the export, since that is what is there. */
import * as z from "zod/mini";

const LISTS = ["resources", "vrVideos", "jobs", "uploads", "badges", "devices", "sessions"] as const;
type ListName = (typeof LISTS)[number];

export interface Count {
  readonly name: ListName;
  /** At least 1. */
  readonly count: number;
}

const itemSchema = z.object({
  spaceId: z.optional(z.nullable(z.string())),
  endedAt: z.optional(z.nullable(z.string())),
});
const list = z._default(z.array(itemSchema), []);
const exportSchema = z.object({
  spaces: z.array(z.object({ id: z.string(), type: z.string(), role: z.string() })),
  resources: list,
  vrVideos: list,
  jobs: list,
  uploads: list,
  badges: list,
  devices: list,
  sessions: list,
});

/**
 * Of things in a space those count that end with the person: in their personal space, and in the care group of a recipient. What a giver
 * made for a group stays with it.
 * @param document of `GET /v1/me/export`
 */
export function countErased(document: unknown): Count[] {
  const data = exportSchema.parse(document);
  const ending = new Set(
    data.spaces
      .filter(({ type, role }) => type === "personal" || (type === "care" && role === "recipient"))
      .map(({ id }) => id),
  );
  return LISTS.flatMap((name) => {
    const { length: count } = data[name].filter(
      ({ spaceId, endedAt }) =>
        (spaceId === undefined || spaceId === null || ending.has(spaceId)) &&
        (endedAt === undefined || endedAt === null),
    );
    return count === 0 ? [] : [{ name, count }];
  });
}
