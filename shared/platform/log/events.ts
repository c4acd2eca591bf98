/**
 * The catalogue of log events: every line that this project writes names one of these and carries its fields. Ids, counts and codes
 * only: never a body, token, mailed code, signed URL, object name, e-mail address or IP address.
 */

interface Failure {
  /** Logged as class, code, message, stack and causes; what could quote data is left out. */
  readonly error: unknown;
}

interface OfRepair {
  readonly repair: string;
  readonly budgetSeconds: number;
  /** The cursor of a walk, ids only; undefined for a repair without one, and at a walk's beginning. */
  readonly place: string | undefined;
}

interface OfJob {
  readonly jobId: string;
  readonly kind: string;
}

/** Expected events: severity INFO. */
export interface InfoEvents {
  /** An instance makes what it uses, while it starts or at its first request. `isCompiled` says whether V8 found files compiled already. */
  instance_started: { readonly isCompiled: boolean };
  /** An HTTP request was answered. The URL is the route's pattern. */
  request: {
    readonly httpRequest: {
      readonly requestMethod: string;
      readonly requestUrl: string;
      readonly status: number;
      /** Seconds with the suffix `s`, as Cloud Logging has it. */
      readonly latency: string;
    };
  };

  /** An upload was looked at; `reason` is the code of a rejection. */
  upload_judged: { readonly uploadId: string; readonly state: string; readonly reason: string | undefined };

  /** A fetch of what a URL names has ended: `fetched`, `over` (not wanted any more), or the code of its failure. */
  upload_fetched: { readonly uploadId: string; readonly outcome: string };

  /** A job was taken. */
  job_submitted: OfJob;
  /** All inputs of a job have arrived: it is in line. */
  inputs_ready: OfJob;
  /** A person or an administrator started a failed or cancelled job again. */
  job_retried: OfJob & { readonly attempt: number; readonly state: string };
  /** A person cancelled a job. */
  job_cancelled: OfJob;
  /** An engine was given a lease on a job. */
  job_leased: OfJob & { readonly attempt: number; readonly leaseNumber: number; readonly engineId: string };
  /** An engine that is paused was let try one job of the kind. `accountId` is a hash. */
  engine_probed: { readonly accountId: string; readonly engineId: string; readonly kind: string };
  /** The pause of an engine, or of a whole account of engines (`engineId` null), is over. */
  engine_resumed: {
    readonly accountId: string;
    readonly engineId: string | null;
    readonly kind: string;
    readonly by: "success" | "administrator";
    readonly probes: number;
  };
  /** An engine gave a lease back without an attempt being counted. */
  lease_released: OfJob & { readonly attempt: number; readonly state: string };
  /** An engine ended an attempt as failed, for this code. */
  attempt_failed: OfJob & {
    readonly attempt: number;
    readonly state: string;
    readonly code: string;
    readonly retryable: boolean;
  };
  /** A job has its result. */
  job_succeeded: OfJob & { readonly leaseNumber: number };
  /** An engine's address was called; `address` is a hash of it. */
  engine_rung: {
    readonly kind: string;
    readonly address: string;
    readonly answer: string;
    /** Of an answer that was neither "will ask" nor "busy". */
    readonly status?: number | undefined;
    readonly error?: unknown;
  };

  /** A result's document was brought into SQL; `outcome` says what changed there. */
  result_synced: { readonly jobId: string; readonly outcome: string };

  /** A device was sent a push message; `outcome` says how it was taken. */
  device_notified: { readonly eventId: string; readonly type: string; readonly outcome: string };
  /** What an event is about is gone; no device is notified. */
  notification_without_subject: { readonly eventId: string; readonly type: string };
  /** The mail of an invitation was dealt with. An `international` address needs a mail server that knows SMTPUTF8 (RFC 6531). */
  invitation_mailed: {
    readonly invitationId: string;
    readonly outcome: string;
    readonly international: boolean;
  };

  /** A repair or a retention step of `sweep` found something to do. */
  repaired: { readonly repair: string; readonly did: Readonly<Record<string, number>> };
  /** A repair of `sweep` did as much as its time allows. The next run continues at `place`, or with what is due then. */
  repair_continues: OfRepair;

  /** Engine: it answers rings at this address. */
  engine_listening: { readonly url: string };
  /** Engine: it has to stop; `working` leases are given back. */
  engine_stopping: { readonly working: number };
  /** Engine: it has stopped. */
  engine_stopped: Readonly<Record<string, never>>;
  /** Engine: it begins the work of a lease with these input roles. */
  lease_taken: { readonly inputs: readonly string[] };
  /** Engine: the gateway has the result. */
  lease_completed: { readonly files: number };
  /** Engine: a conversion ended; the memory is its process's at the highest. */
  conversion_done: { readonly peakResidentBytes: number };
}

/** Something failed or was late and is recovered without anyone: severity WARNING. */
export interface WarnEvents {
  /** The tasks that fetch what a job's URLs name could not be added; `sweep` adds them. */
  fetch_left_to_sweep: Failure;
  /** A job waited for a URL whose task was missing; it was added. */
  fetch_recovered: { readonly jobId: string };
  /** An address had its mails of today, of all givers together; this one was not sent. */
  invitation_capped: { readonly invitationId: string };
  /** A lease's time was over without a renewal. */
  lease_ended: OfJob & {
    readonly leaseNumber: number;
    readonly attempt: number;
    readonly maxAttempts: number;
    readonly state: string;
  };
  /** How a lease ended is missing in its engine's record. */
  lease_end_not_noted: Failure & { readonly jobId: string };
  /** A ring, timer or notification could not be made after its change was committed; `sweep` makes it. */
  effect_left_to_sweep: Failure & { readonly jobId: string; readonly effect: string };
  /** A committed event could not be published; `sweep` publishes it. */
  event_left_in_outbox: Failure & { readonly type: string };
  /** The feed of a space could not be raised after a change; `sweep` raises it. */
  feed_left_to_sweep: Failure & { readonly spaceId: string };
  /** Objects of a deleted resource could not be removed at once; `sweep` removes them. */
  removal_left_to_sweep: Failure & { readonly jobId: string };
  /** A bell's task was lost; `sweep` rang again. `address` is a hash. */
  ring_recovered: { readonly kind: string; readonly address: string };
  /** The task of a ring that another has replaced stays in its queue; it will find that it is over. `address` is a hash. */
  ring_task_not_removed: Failure & { readonly kind: string; readonly address: string };
  /** A result's document can't be read and is in quarantine, for this code. */
  result_quarantined: { readonly jobId: string; readonly code: string };
  /** The comparison of both stores found differences and mended them. */
  results_mended: { readonly differences: readonly unknown[] };
  /** The first job of a kind's line has waited for hours. */
  line_too_old: { readonly kind: string; readonly waitedSeconds: number };
  /** Work waits, and no engine of its kind has asked for any. */
  engine_silent: { readonly kind: string; readonly waitedSeconds: number };
  /** Results are in quarantine, and stay there until an administrator has looked at them. */
  quarantine_not_empty: { readonly entries: number };
  /** An object in the uploads bucket belongs to no upload and was removed. */
  stray_object_removed: { readonly why: string };
  /** A repair of `sweep` hung, or did a page for too long, and was left behind. The next run continues at `place`, or with what is due. */
  repair_cut: OfRepair & { readonly did: Readonly<Record<string, number>> };
  /** The mirror of memberships is behind; `sweep` brings it up to date. */
  members_unmirrored: Failure;
  /** The URL of a file could not be signed; the answer has the file without it. */
  url_not_signed: Failure;
  /** The listeners of a session could not be ended with it; `sweep` ends them. */
  listeners_not_ended: Failure & { readonly userId: string };
  /** A device could not be reached; it is notified at the next delivery. */
  device_not_notified: Failure & { readonly eventId: string; readonly type: string };
  /**
   * A request named no address that the way in (EDGE) should name, so it is counted with others. Once per instance and reason: callers can
   * cause it at the function's own address, but if every instance has it, EDGE isn't what the deployment is.
   */
  caller_address_coarse: { readonly reason: "forwarded_for" | "phone" };
  /** So many addresses called this instance within a minute that the further ones are counted by it alone. */
  rate_addresses_too_many: { readonly addresses: number };
  /** Rate limits count in this instance only while the database is away. */
  rate_counters_unreachable: Failure;
  /** An idle SQL connection broke. */
  sql_connection_lost: Failure;
  /** A store did not answer; the caller got 503. */
  store_away: Failure & { readonly route: string };

  /** Engine: a renewal failed; the next one follows soon. */
  renewal_failed: Failure;
  /** Engine: asking for work failed; it asks again. */
  pull_failed: Failure;
  /** Engine: the work of a lease failed, and the gateway gets this code. */
  work_failed: Failure & { readonly code: string };
  /** Engine: it stopped working on a lease that is lost or that the gateway doesn't want back. */
  lease_dropped: { readonly reason?: string; readonly error?: unknown };
}

/** A person has to look at it: severity ERROR. */
export interface ErrorEvents {
  /** A request failed for a reason that isn't ours to name; the caller got a bare 500. */
  request_failed: Failure & { readonly route: string };
  /** A route answered an error code that its description doesn't have. */
  error_undeclared: { readonly operationId: string; readonly code: string };
  /** The load balancer's header held no address: all callers count as one. Once per instance. */
  client_address_missing: Readonly<Record<string, never>>;
  /** An event stream broke off. */
  event_stream_failed: Failure;
  /** A delivered event isn't one of ours; it is acknowledged, since delivering it again would not help. */
  event_unreadable: {
    readonly type?: string;
    readonly subject?: string | undefined;
    readonly messageId?: string;
  };
  /**
   * An engine, or a whole account of engines (`engineId` null), fails all of its work of a kind and gets no more but a probe now and
   * then: it is broken, or its account was stolen. `accountId` is a hash; `ends` counts how its latest leases ended.
   */
  engine_paused: {
    readonly accountId: string;
    readonly engineId: string | null;
    readonly kind: string;
    readonly ends: Readonly<Record<string, number>>;
  };
  /** A document of an engine (its path has hashes only) doesn't fit the schema: it counts as none until it is written again. */
  engine_unreadable: Failure & { readonly document: string };
  /** A job's document doesn't fit the schema: it stays as it is; leases, lists, estimates and the status go on without it. */
  job_unreadable: Failure & { readonly jobId: string };
  /** A difference between both stores could not be mended. */
  result_not_mended: Failure & { readonly jobId: string };
  /** An erasure stopped half way; `sweep` continues it. */
  erasure_interrupted: Failure & { readonly userId: string };
  /** A step of `sweep` did part of its work. */
  repair_incomplete: Failure & { readonly repair: string };
  /** A step of `sweep` did nothing. */
  repair_failed: Failure & { readonly repair: string };
}
