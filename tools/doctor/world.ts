/** What the doctor looks at: a deployment in Google Cloud, or the local cloud. */
import type { Grant } from "#shared/access/grant.ts";
import type { FunctionName } from "#shared/manifest.ts";
import type { BucketSetting } from "#shared/platform/storage/buckets.ts";
import type { QueueName } from "#shared/platform/tasks/queues.ts";

/** The environment of a function that is deployed. Of a secret in Secret Manager only whether it has a value is known. */
export type Environment = Readonly<Record<string, string | { readonly hasValue: boolean }>>;

/** Undefined, where it is answered, for what this world can't show. */
export interface World {
  readonly projectId: string;
  /** The one origin, without a trailing slash. */
  readonly origin: string;
  readonly now: () => Date;
  readonly request: typeof fetch;
  /** Undefined for a function that isn't there. */
  environment(name: FunctionName): Promise<Environment | undefined>;
  /** A function's own address, without a trailing slash. */
  addressOf(name: FunctionName): string;
  /** Every address that a function has, without trailing slashes. */
  addressesOf(name: FunctionName): Promise<readonly string[]>;
  /** Whether requests from here reach the function. */
  isReachable(name: FunctionName): boolean;
  /** An ID token of an administrator, with the origin as its audience. */
  adminToken(): Promise<string>;
  /** The address of a bucket, as a signed URL has it. */
  bucketAddress(setting: BucketSetting): string;
  /**
   * Whether the account has the permissions that the grant's role is given for, on its resource.
   * @param account a name for `accountOf`
   */
  holds(account: string, grant: Grant): Promise<boolean | undefined>;
  /** `RUNNING`, `PAUSED` or `DISABLED`; `ABSENT` where there is no such queue. */
  queueState(name: QueueName): Promise<string | undefined>;
  /** Messages that a topic's subscriber was given up with. */
  deadMessages(topic: string): Promise<number | undefined>;
}

/** One sentence about one thing. One that isn't well says what to do. */
export interface Finding {
  /** The check that it is from. */
  readonly check: string;
  /** How it is deployed, or the state of data and work in it, which a deployment doesn't change. */
  readonly about: "configuration" | "state";
  readonly ok: boolean;
  readonly sentence: string;
}
