import { errors } from "#shared/platform/errors.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";

export interface MemberView {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
}

export interface GroupView {
  readonly id: string;
  readonly recipient: MemberView;
  /** In the order they joined. */
  readonly givers: readonly MemberView[];
  readonly createdAt: string;
}

/**
 * The care group the caller is in.
 * @throws `not_in_group`
 */
export async function readGroup(userId: string, sql: Sql): Promise<GroupView> {
  const group = await spaceOfCaller(sql, userId);
  if (!group) throw errors.notInGroup("the caller is in no care group");
  return groupView(sql, group.spaceId);
}

/** A group as its members see it. */
export async function groupView(sql: Sql, spaceId: string): Promise<GroupView> {
  const { rows } = await sql.query<{ created_at: Date } & MemberView & { role: string }>(
    `SELECT g.created_at, u.id, u.name, u.email, m.role
     FROM spaces g JOIN space_members m ON m.space_id = g.id JOIN users u ON u.id = m.user_id
     WHERE g.id = $1 ORDER BY m.joined_at, m.user_id`,
    [spaceId],
  );
  const recipient = rows.find((row) => row.role === "care_recipient");
  if (!recipient) throw errors.notInGroup("the care group was erased");
  return {
    id: spaceId,
    recipient: memberView(recipient),
    givers: rows.filter((row) => row.role === "care_giver").map(memberView),
    createdAt: recipient.created_at.toISOString(),
  };
}

function memberView({ id, name, email }: MemberView): MemberView {
  return { id, name, email };
}
