/** The `spaceId` of a request, which says which of the caller's spaces it is about. */
import { z } from "@hono/zod-openapi";
import { emptyIsAbsent } from "../platform/http/cursor.ts";
import { ID_PATTERN } from "../platform/ids.ts";

const spaceId = z.string().regex(ID_PATTERN, "expected the id of a space").optional();

/** In a query. */
export const spaceQuery = {
  spaceId: emptyIsAbsent(spaceId).describe("Left out: the care group, or else the personal space."),
};

/** In a body. */
export const spaceField = {
  spaceId: spaceId.describe("Left out: the care group, or else the personal space."),
};
