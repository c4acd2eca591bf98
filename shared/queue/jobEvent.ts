/** What can happen to a job and what follows from it: the words that `transition` and `commitJob` share. */
import type { Reason } from "../kinds/failures.ts";
import type { Kind } from "../kinds/kind.ts";
import type { Result } from "../results/resultDocument.ts";
import type { Job, JobInput } from "./jobDocument.ts";

/** What decides a job's life: fields of its kind, of which the deployment may bound the back-off, and a setting. */
export interface Rules extends Pick<Kind, "inputs" | "maxAttempts" | "backoff" | "leaseCeilingSeconds"> {
  /** How long the job is kept after its end, in days. */
  readonly retentionDays: number;
}

/** What a new job is made of. */
export interface Submission
  extends Pick<Job, "kind" | "spaceId" | "createdBy" | "trace" | "title" | "params"> {
  /** Upload ids by role. */
  readonly inputs: Readonly<Record<string, string>>;
}

type Received = NonNullable<JobInput["received"]>;

/** What is known of an upload. */
export type UploadState =
  | { readonly state: "pending" }
  | { readonly state: "received"; readonly received: Received }
  | { readonly state: "rejected"; readonly reason: Reason };

/** What the commit itself reads beside the job, for the events that depend on it. */
export interface Surroundings {
  /** The space has a tombstone: no job and no result may come to it. */
  readonly spaceErased: boolean;
  /** The job's uploads by id. One that isn't there, has expired or is another space's is missing here. */
  readonly uploads: ReadonlyMap<string, UploadState>;
}

export type JobEvent =
  | ({ readonly type: "submit"; readonly submission: Submission } & Surroundings)
  /** An upload that this job waits for has arrived. */
  | { readonly type: "input_received"; readonly uploadId: string; readonly received: Received }
  /** An upload that this job waits for can't be used. */
  | { readonly type: "input_rejected"; readonly uploadId: string; readonly reason: Reason }
  /** The uploads it waits for will not come any more. */
  | { readonly type: "inputs_missing" }
  | {
      readonly type: "lease";
      readonly hash: string;
      /** A hash of the address of the engine's service account. */
      readonly accountId: string;
      readonly engineId: string;
      readonly seconds: number;
    }
  | {
      readonly type: "renew";
      readonly hash: string;
      readonly seconds: number;
      readonly progress?: number | undefined;
      readonly stage?: string | null | undefined;
    }
  /** The engine announces files it is going to upload. */
  | {
      readonly type: "announce";
      readonly hash: string;
      readonly files: Readonly<Record<string, { contentType: string; size: number }>>;
    }
  /** The engine has made the result. Its files were looked at in the bucket. */
  | ({
      readonly type: "complete";
      readonly hash: string;
      readonly files: Result["files"];
      readonly data: Result["data"];
    } & Pick<Surroundings, "spaceErased">)
  | ({ readonly type: "fail"; readonly hash: string; readonly retryable: boolean } & Reason)
  | { readonly type: "release"; readonly hash: string }
  /** The attempt of this lease shall not count: its engine fails everything. */
  | { readonly type: "attempt_refunded"; readonly leaseNumber: number }
  /** The timer of a lease went off. */
  | { readonly type: "lease_ended"; readonly leaseNumber: number }
  /** The timer of a back-off went off. */
  | { readonly type: "back_off_ended"; readonly enqueueCount: number }
  | { readonly type: "cancel" }
  /** A person wants a failed or cancelled job to run again; an operator, only a failed one. */
  | ({ readonly type: "retry"; readonly onlyFailed: boolean } & Surroundings)
  /** The failure of this time was published. */
  | { readonly type: "notification_sent"; readonly finishedAt: Date }
  /** The person who made it was erased; `replacement` is written in place of their id. */
  | { readonly type: "creator_erased"; readonly creator: string; readonly replacement: string };

/** The event of one type. */
export type EventOf<Type extends JobEvent["type"]> = Extract<JobEvent, { type: Type }>;

/** What has to be done after the commit. May be repeated without harm; what a crash loses, `sweep` finds. */
export type Effect =
  /** Work of this kind waits: ring the engines. */
  | { readonly type: "ring" }
  /** Look at this lease at its end. */
  | { readonly type: "lease_timer"; readonly leaseNumber: number; readonly at: Date }
  /** Let the job enter the line again. */
  | { readonly type: "entry_timer"; readonly enqueueCount: number; readonly at: Date }
  /** Publish that the job failed. */
  | { readonly type: "notification" };

export type Refusal =
  | "job_exists"
  | "job_unknown"
  | "job_finished"
  | "job_cancelled"
  | "job_not_finished"
  | "lease_lost"
  | "not_waiting"
  | "too_many_outputs"
  | "space_erased"
  | "upload_unknown"
  | "upload_rejected"
  | "too_many_open_jobs";

/** Nothing was changed, and why. */
export interface Refused {
  readonly verdict: "refused";
  readonly why: Refusal;
  /** The input that it is about, for `upload_unknown` and `upload_rejected`. */
  readonly role?: string;
  /** A sentence for the caller. */
  readonly message?: string;
}

/** The job is to be written, and with it the document `results/{jobId}` if there is a result. */
export interface Changed {
  readonly verdict: "changed";
  readonly job: Job;
  readonly result: Omit<Result, "jobId"> | undefined;
  readonly effects: readonly Effect[];
}

/** The event was applied before, or is about something that is over: nothing is written. A timer that came early is set again. */
export interface Unchanged {
  readonly verdict: "unchanged";
  readonly job: Job;
  readonly effects: readonly Effect[];
}

export type Outcome = Changed | Unchanged | Refused;
