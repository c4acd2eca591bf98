import { z } from "@hono/zod-openapi";
import { plusSeconds } from "#shared/platform/clock.ts";
import { compiledFiles } from "#shared/platform/compiledFiles.ts";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { quarantineOf } from "#shared/results/quarantineDocument.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";

const DAY_SECONDS = 86_400;

const diagnosisSchema = z
  .object({
    at: z.iso.datetime().describe("This instance's clock."),
    callerCountedAs: z.string().describe("What limits per address count this very request by."),
    sql: z.object({
      user: z.string(),
      roles: z.array(z.string()).describe("The functions' roles that the user is a member of."),
      encrypted: z.boolean(),
    }),
    quarantined: z.number().int(),
    failedJobs: z.number().int().describe("Of the last 24 hours."),
    nextReconciliationAt: z.iso
      .datetime()
      .nullable()
      .describe(
        "When the comparison of both stores is due; in the past while it is under way, null before the first.",
      ),
    compiledFiles: z.number().int().describe("What V8 found compiled when this instance started."),
  })
  .openapi("Diagnosis");
export type Diagnosis = z.infer<typeof diagnosisSchema>;

/** What an operator's tools can't see from outside. It changes nothing. */
export async function getDiagnosis(
  { callerCountedAs }: { readonly callerCountedAs: string },
  { sync }: { readonly sync: Pick<SyncDeps, "db" | "firestore" | "clock"> },
): Promise<Diagnosis> {
  const now = sync.clock();
  const failed = queryOf(sync.firestore, shapes.failed, "failed").where(
    "finishedAt",
    ">",
    plusSeconds(now, -DAY_SECONDS),
  );
  const [login, walk, quarantined, failedJobs] = await Promise.all([
    readLogin(sync.db),
    sync.db.query<{ next_at: Date }>("SELECT next_at FROM walks WHERE name = 'reconcile_results'"),
    quarantineOf(sync.firestore).count().get(),
    failed.count().get(),
  ]);
  return {
    at: now.toISOString(),
    callerCountedAs,
    sql: login,
    quarantined: quarantined.data().count,
    failedJobs: failedJobs.data().count,
    nextReconciliationAt: walk.rows[0]?.next_at.toISOString() ?? null,
    compiledFiles: compiledFiles(),
  };
}

async function readLogin(db: Sql): Promise<Diagnosis["sql"]> {
  const { rows } = await db.query<{ user: string; roles: string[]; encrypted: boolean | null }>(
    `SELECT session_user::text AS user,
       ARRAY(SELECT rolname::text FROM pg_roles
             WHERE NOT rolcanlogin AND starts_with(rolname::text, 'reverie_') AND pg_has_role(session_user, oid, 'member') ORDER BY 1) AS roles,
       (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted`,
  );
  const [row] = rows;
  if (!row) throw new Error("expected one row");
  return { user: row.user, roles: row.roles, encrypted: row.encrypted === true };
}

export const getDiagnosisRoute = route(
  {
    operationId: "getDiagnosis",
    access: "admin",
    method: "get",
    path: "/v1/admin/diagnosis",
    summary: "What an operator's tools can't see from outside",
    responses: { 200: json(diagnosisSchema, "What this instance sees.") },
    errors: [],
  },
  getDiagnosis,
  async (c, perform) => c.json(await perform({ callerCountedAs: c.var.address }), 200),
);
