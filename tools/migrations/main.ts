/** The migrations' job, as its image starts it: the migrations are in the folder beside this file. Logs one line in Cloud Logging's form. */
import { join } from "node:path";
import { accessTokens } from "#shared/platform/google/accessTokens.ts";
import { jobSettings, migrateAndGrant } from "./job.ts";

/** What a Cloud SQL IAM login asks of its token: https://cloud.google.com/sql/docs/postgres/iam-logins */
const LOGIN_SCOPE = "https://www.googleapis.com/auth/sqlservice.login";

const dir = process.env.MIGRATIONS_DIR ?? join(import.meta.dirname, "migrations");
migrateAndGrant(jobSettings.parse(process.env), dir, accessTokens(LOGIN_SCOPE)).then(
  (done) => console.log(JSON.stringify({ severity: "INFO", message: "migrated", ...done })),
  (error: unknown) => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(JSON.stringify({ severity: "ERROR", message }));
    process.exitCode = 1;
  },
);
