/** Who is who in Postgres: a role for each function, which holds its grants, and the users that are members of it. */

/** The role with what a function may do in SQL; migrations create it, and it can't log in. */
export function sqlRoleOf(functionName: string): string {
  return `reverie_${functionName}`;
}

/**
 * The user that a service account logs in as: its address without `.gserviceaccount.com`
 * (https://cloud.google.com/sql/docs/postgres/add-manage-iam-users). It is a member of its function's role and of no other.
 */
export function sqlUserOf(serviceAccount: string): string {
  return serviceAccount.replace(/\.gserviceaccount\.com$/, "");
}
