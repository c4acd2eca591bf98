import { z } from "zod";
import { PROBLEM_JSON } from "#shared/platform/http/problem.ts";

const problemResponse = z.object({
  content: z.object({
    [PROBLEM_JSON]: z.object({
      schema: z.object({
        allOf: z.tuple([
          z.object({ $ref: z.literal("#/components/schemas/Problem") }),
          z.object({ properties: z.object({ code: z.object({ enum: z.array(z.string()) }) }) }),
        ]),
      }),
    }),
  }),
});

/** The error codes that the OpenAPI document gives for each status of an operation. */
export function declaredCodes(responses: Readonly<Record<string, unknown>>): Map<number, readonly string[]> {
  return new Map(
    Object.entries(responses)
      .filter(([status]) => Number(status) >= 400)
      .map(([status, response]) => {
        const { schema } = problemResponse.parse(response).content[PROBLEM_JSON];
        return [Number(status), schema.allOf[1].properties.code.enum];
      }),
  );
}
