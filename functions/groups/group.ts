import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

const memberSchema = z
  .object({ id: z.string(), name: z.string().nullable(), email: z.string().nullable() })
  .openapi("Member");

export const groupSchema = z
  .object({
    id: z.string(),
    recipient: memberSchema,
    givers: z.array(memberSchema).describe("In the order they joined."),
    createdAt: z.iso.datetime(),
  })
  .openapi("Group");

type Member = z.infer<typeof memberSchema>;
export type Group = z.infer<typeof groupSchema>;

/** A group as its members see it. */
export async function groupView(sql: Sql, spaceId: string): Promise<Group> {
  const { rows } = await sql.query<{ created_at: Date } & Member & { role: string }>(
    `SELECT g.created_at, u.id, u.name, coalesce(u.email_written, u.email) AS email, m.role
     FROM spaces g JOIN space_members m ON m.space_id = g.id JOIN users u ON u.id = m.user_id
     WHERE g.id = $1 ORDER BY m.joined_at, m.user_id`,
    [spaceId],
  );
  const recipient = rows.find((row) => row.role === "recipient");
  if (!recipient) throw errors.notInGroup("the care group was erased");
  return {
    id: spaceId,
    recipient: memberView(recipient),
    givers: rows.filter((row) => row.role === "giver").map(memberView),
    createdAt: recipient.created_at.toISOString(),
  };
}

function memberView({ id, name, email }: Member): Member {
  return { id, name, email };
}
