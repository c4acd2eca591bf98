import type { Kind } from "../kinds/kind.ts";
import { errors } from "../platform/errors.ts";
import type { Sql } from "../platform/sql/pool.ts";

/**
 * Refuses params that name someone who is not in the space, by the kind's `memberParams`.
 * @throws `member_unknown`, the same for an account that isn't there
 */
export async function refuseStrangers(
  sql: Sql,
  spaceId: string,
  { memberParams = [] }: Pick<Kind, "memberParams">,
  params: Readonly<Record<string, unknown>>,
): Promise<void> {
  const named = memberParams.filter((name) => typeof params[name] === "string");
  if (named.length === 0) return;
  const { rows } = await sql.query<{ user_id: string }>(
    "SELECT user_id FROM space_members WHERE space_id = $1 AND user_id = ANY($2)",
    [spaceId, named.map((name) => params[name])],
  );
  const members = new Set<unknown>(rows.map((row) => row.user_id));
  const issues = named
    .filter((name) => !members.has(params[name]))
    .map((name) => ({ path: `params.${name}`, message: "expected a member of the space" }));
  if (issues.length > 0)
    throw errors.memberUnknown("the request names someone who is not in the space", { issues });
}
