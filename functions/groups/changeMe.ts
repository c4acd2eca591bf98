import { z } from "@hono/zod-openapi";
import { type ChangingDeps, changing } from "#shared/changes/changing.ts";
import { errors } from "#shared/platform/errors.ts";
import { roleSchema } from "#shared/platform/http/accessToken.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { LANGUAGES } from "#shared/platform/language.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import { personOf } from "#shared/spaces/person.ts";
import { type Caller, callerOf } from "./caller.ts";
import { isTimeZone } from "./localDay.ts";
import { type Me, meSchema, quietHoursSchema, viewMe } from "./me.ts";

/** What a person may change; what is absent stays. */
const changeSchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    // Joiners stay: Persian names and family emoji are written with them. Overrides of direction don't.
    .refine(
      (name) => !/[\p{Cc}\p{Cs}\p{Cn}\u202a-\u202e\u2066-\u2069]/u.test(name),
      "expected no control characters",
    )
    .optional()
    .openapi({ example: "Mina" }),
  role: roleSchema.optional().describe("Set once."),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, "expected an IANA time zone such as Asia/Seoul")
    .optional()
    .openapi({ example: "Asia/Seoul" }),
  language: z.enum(LANGUAGES).optional(),
  quietHours: z
    .strictObject(quietHoursSchema.shape)
    .refine(({ from, to }) => from !== to, "expected from and to to differ")
    .nullable()
    .optional(),
  notifyBests: z.boolean().optional(),
});

/**
 * Changes the caller's profile, all of it or nothing. The role is set once: naming the one that is set already changes nothing, so a
 * repeated enrolment whose answer was lost succeeds.
 * @throws `role_already_set` when it is the other one
 */
export function changeMe(
  { caller, change }: { caller: Caller; change: z.infer<typeof changeSchema> },
  deps: ChangingDeps,
): Promise<Me> {
  const now = deps.clock();
  return changing(deps, async (sql, changes) => {
    const before = await personOf(sql, caller.userId, "update");
    if (change.role !== undefined && before.role !== null && change.role !== before.role) {
      throw errors.roleAlreadySet(`the role was set to ${before.role}`);
    }
    const quiet = change.quietHours === undefined ? before.quietHours : change.quietHours;
    await sql.query(
      `UPDATE users SET name = $2, role = $3, time_zone = $4, language = $5, quiet_from = $6, quiet_to = $7, updated_at = $8, notify_bests = $9
       WHERE id = $1`,
      [
        before.id,
        change.name ?? before.name,
        change.role ?? before.role,
        change.timeZone ?? before.timeZone,
        change.language ?? before.language,
        quiet?.from ?? null,
        quiet?.to ?? null,
        now,
        change.notifyBests ?? before.notifyBests,
      ],
    );
    if (change.role !== undefined && before.role === null) {
      await audit(sql, { action: "role_set", ...caller }, now);
    }
    if (change.name !== undefined && change.name !== before.name) {
      // The other members see it.
      const { rows } = await sql.query<{ space_id: string }>(
        "SELECT space_id FROM space_members WHERE user_id = $1",
        [before.id],
      );
      for (const { space_id: spaceId } of rows)
        changes.push({ spaceId, type: "member", id: before.id, op: "put" });
    }
    return viewMe(await personOf(sql, before.id));
  });
}

export const changeMeRoute = route(
  {
    operationId: "changeMe",
    access: "account",
    method: "patch",
    path: "/v1/me",
    summary: "Enrol, or change the profile",
    request: { body: jsonBody(changeSchema) },
    responses: { 200: json(meSchema, "The profile as it is now.") },
    errors: ["role_already_set"],
  },
  changeMe,
  async (c, perform) => c.json(await perform({ caller: callerOf(c), change: c.req.valid("json") }), 200),
);
