/** The parts of a route's definition that say what its JSON holds. */
import { z } from "zod";

/** A JSON answer. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** A JSON body; one that may be left out is read as `{}`. */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  { required = true }: { required?: boolean } = {},
) {
  return { required, content: { "application/json": { schema } } };
}

/** The answer of a list: a page of these items. */
export function page<Schema extends z.ZodType>(item: Schema) {
  return json(
    z.object({
      items: z.array(item),
      nextCursor: z.string().nullable().describe("Send it as `cursor` for the next page; null on the last."),
    }),
    "A page.",
  );
}
