/** A space as its members see it, and the SQL of it. */
import { z } from "@hono/zod-openapi";
import type { Sql } from "#shared/platform/sql/pool.ts";
import {
  MOST_SPACES,
  SPACE_ROLES,
  SPACE_TYPES,
  type SpaceRole,
  type SpaceType,
} from "#shared/spaces/spaceTypes.ts";

/** Members that one answer names. */
const MOST_MEMBERS = 200;

const role = z.enum(SPACE_ROLES);

export const spaceSchema = z
  .object({
    id: z.string(),
    type: z.enum(SPACE_TYPES),
    title: z.string().nullable().describe("A care group and a personal space are called after their owner."),
    role: role.describe("The caller's."),
    members: z
      .array(z.object({ id: z.string(), name: z.string().nullable(), role }))
      .describe(`In the order they joined, the first ${MOST_MEMBERS}.`),
    seq: z.number().int().describe("Of the space's last change: `after` for `GET /v1/spaces/{id}/changes`."),
  })
  .openapi("Space");
export type Space = z.infer<typeof spaceSchema>;

/**
 * The spaces that a person is in, in the order in which they joined.
 * @param spaceId only this one
 */
export async function spacesOf(sql: Sql, userId: string, spaceId?: string): Promise<Space[]> {
  const { rows } = await sql.query<Row>(
    `SELECT s.id, s.type, coalesce(s.title, owner.name) AS title, own.role, s.seq,
       (SELECT json_agg(json_build_object('id', m.user_id, 'name', u.name, 'role', m.role) ORDER BY m.joined_at, m.user_id)
        FROM (SELECT * FROM space_members WHERE space_id = s.id ORDER BY joined_at, user_id LIMIT ${MOST_MEMBERS}) m
          JOIN users u ON u.id = m.user_id) AS members
     FROM space_members own JOIN spaces s ON s.id = own.space_id LEFT JOIN users owner ON owner.id = s.owner_id
     WHERE own.user_id = $1 AND ($2::text IS NULL OR s.id = $2)
     ORDER BY own.joined_at, s.id LIMIT ${MOST_SPACES}`,
    [userId, spaceId ?? null],
  );
  return rows.map(({ seq, ...space }) => ({ ...space, seq: Number(seq) }));
}

interface Row {
  readonly id: string;
  readonly type: SpaceType;
  readonly title: string | null;
  readonly role: SpaceRole;
  readonly members: Space["members"];
  /** A bigint comes as text. */
  readonly seq: string;
}
