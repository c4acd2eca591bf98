/** Who may do what on which resource, as IAM decides it; the stand-ins ask before they do what a caller wants. */
import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { isRole, permissionsOf, type Role } from "#shared/access/roles.ts";

/** Has every permission; people's and administrators' tools use an account with it. */
export const OWNER_ROLE = "roles/owner";

export const bindingSchema = z.strictObject({
  /** Address of a service account. */
  member: z.string(),
  role: z.custom<Role | typeof OWNER_ROLE>(
    (role) => typeof role === "string" && (role === OWNER_ROLE || isRole(role)),
    "expected a role that is listed",
  ),
  /** `project` for all there is, or one resource by the name that `resources` gives it. */
  resource: z.string(),
  /** A condition: objects whose names begin so. */
  prefix: z.string().exactOptional(),
});
export type Binding = z.output<typeof bindingSchema>;
/** The content of a policy's file. */
export const policySchema = z.strictObject({ bindings: z.array(bindingSchema) });

export interface Policy {
  /**
   * @param object the name of the object that a permission on a bucket is wanted for; a condition holds for no request without one
   */
  allows(member: string, permission: string, resource: string, object?: string): boolean;
}

/** Names of resources. */
export const resources = {
  bucket: (name: string) => `projects/_/buckets/${name}`,
  serviceAccount: (email: string) => `projects/-/serviceAccounts/${email}`,
  /** @param path `projects/…/locations/…/queues/…` */
  queue: (path: string) => path,
  topic: (projectId: string, name: string) => `projects/${projectId}/topics/${name}`,
  secret: (projectId: string, name: string) => `projects/${projectId}/secrets/${name}`,
  service: (name: string) => `services/${name}`,
} as const;

export function policyOf(bindings: readonly Binding[]): Policy {
  return {
    allows: (member, permission, resource, object) =>
      bindings.some(
        (binding) =>
          binding.member === member.toLowerCase() &&
          (binding.resource === "project" || binding.resource === resource) &&
          (binding.prefix === undefined || object?.startsWith(binding.prefix) === true) &&
          holds(binding.role, permission),
      ),
  };
}

function holds(role: Binding["role"], permission: string): boolean {
  return role === OWNER_ROLE || permissionsOf(role).includes(permission);
}

/**
 * The policy in a file, which is read again when the file was replaced: a role that is taken out there is refused from the next call
 * on, without a restart.
 * @throws Error when the file is missing or can't be read as a policy
 */
export function policyInFile(file: string): Policy {
  let known: { readonly version: string; readonly policy: Policy } | undefined;
  const current = (): Policy => {
    const { ino, mtimeMs, size } = statSync(file);
    const version = `${ino} ${mtimeMs} ${size}`;
    if (known?.version !== version) {
      const { bindings } = policySchema.parse(JSON.parse(readFileSync(file, "utf8")));
      known = { version, policy: policyOf(bindings) };
    }
    return known.policy;
  };
  current();
  return { allows: (...question) => current().allows(...question) };
}
