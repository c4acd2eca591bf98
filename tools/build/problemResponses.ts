import { z } from "@hono/zod-openapi";
import { type ErrorCode, errors } from "#shared/platform/errors.ts";
import { PROBLEM_JSON, problemSchema } from "#shared/platform/http/problem.ts";

/** Statuses of errors that may pass by themselves. */
const MAY_PASS: ReadonlySet<number> = new Set([429, 503]);
const RETRY_AFTER = {
  "Retry-After": {
    description: "Seconds after which the same request may succeed; not always there.",
    schema: { type: "integer" },
  },
} as const;

const definitions = new Map(Object.values(errors).map((error) => [error.code, error]));

/** What the OpenAPI document says of a route's errors: one response for each status, with the codes it can have and an example of each. */
export function problemResponses(codes: Iterable<ErrorCode>) {
  const byStatus = Map.groupBy(
    [...new Set(codes)].flatMap((code) => definitions.get(code) ?? []),
    ({ status }) => status,
  );
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, ofStatus]) => [status, problemResponse(status, ofStatus)]),
  );
}

function problemResponse(
  status: number,
  ofStatus: readonly { code: ErrorCode; title: string; status: number }[],
) {
  const codes = ofStatus.map(({ code }) => code);
  return {
    description: ofStatus.map(({ code, title }) => `\`${code}\`: ${title}.`).join(" "),
    ...(MAY_PASS.has(status) ? { headers: RETRY_AFTER } : {}),
    content: {
      [PROBLEM_JSON]: {
        schema: problemSchema.extend({ code: z.enum(codes) }),
        examples: Object.fromEntries(
          codes.map((code): [string, { $ref: string }] => [code, { $ref: `#/components/examples/${code}` }]),
        ),
      },
    },
  };
}
