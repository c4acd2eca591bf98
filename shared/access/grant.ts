/**
 * What a grant is: a role, for one account, on one resource, with the reason. Terraform grants from these (`grants.ts`), and the
 * local cloud's stand-ins refuse what they don't allow.
 */
import type { SettingName } from "../platform/config/settings.ts";
import type { QueueName } from "../platform/tasks/queues.ts";
import type { Role } from "./roles.ts";

/** What a role is granted on. The narrowest that IAM knows for the service; `project` where it knows no narrower one. */
export type Resource =
  | { readonly type: "project" }
  /** @property prefix a condition: only objects whose names begin so. It does not hold for listing, which concerns the bucket. */
  | { readonly type: "bucket"; readonly setting: BucketSetting; readonly prefix?: string }
  | { readonly type: "topic"; readonly topic: string }
  | { readonly type: "queue"; readonly queue: QueueName }
  /** A name for `accountOf`; `self` is the account that the grant is for. */
  | { readonly type: "serviceAccount"; readonly account: "self" | "tasks" }
  | { readonly type: "secret"; readonly setting: SettingName }
  /** The Cloud Run service behind a function. */
  | { readonly type: "service"; readonly function: string };

/** A setting that names a bucket. */
export type BucketSetting = Extract<SettingName, `${string}_BUCKET`>;

export interface Grant {
  readonly role: Role;
  readonly on: Resource;
  /** What the account does with it. */
  readonly why: string;
}

/**
 * The e-mail address of a service account of this project.
 * @param name a function's, or one of `otherAccounts`
 */
export function accountOf(name: string, projectId: string): string {
  return `reverie-${name}@${projectId}.iam.gserviceaccount.com`;
}
