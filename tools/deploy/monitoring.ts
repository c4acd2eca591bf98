/** What is counted, and when a person is called. Terraform makes metrics, alert policies and the dashboard from it. */
import type { ErrorEvents, InfoEvents, WarnEvents } from "#shared/platform/log/events.ts";

type EventName = keyof InfoEvents | keyof WarnEvents | keyof ErrorEvents;

/** Events that are counted, each in a log-based metric of its name; every event of severity ERROR is. */
const counted = {
  request_failed: "requests that ended in a bare 500",
  error_undeclared: "answers with an error code that the route's description lacks",
  client_address_missing: "instances whose load balancer named no caller",
  event_stream_failed: "event streams that broke off",
  event_unreadable: "delivered events that are not ours",
  engine_paused: "engines that failed everything and were paused",
  engine_unreadable: "engines whose document does not fit the schema",
  job_unreadable: "jobs whose document does not fit the schema",
  result_not_mended: "differences between both stores that could not be mended",
  erasure_interrupted: "erasures that stopped half way",
  repair_incomplete: "repairs that did part of their work",
  repair_failed: "repairs that did nothing",
  result_quarantined: "results put in quarantine",
  repair_cut: "repairs that hung and were left behind",
  results_mended: "comparisons that found differences between both stores and mended them",
  line_too_old: "minutes in which a line was too old",
  engine_silent: "minutes in which work waited and no engine asked",
  quarantine_not_empty: "minutes in which results were in quarantine",
  lease_ended: "leases that ended without a renewal",
  ring_recovered: "lost rings",
  store_away: "requests that got 503 because a store did not answer",
  job_submitted: "jobs taken",
  job_succeeded: "jobs with a result",
  attempt_failed: "attempts that an engine ended as failed",
} as const satisfies Readonly<Record<keyof ErrorEvents, string>> &
  Readonly<Partial<Record<EventName, string>>>;

export type MetricName = keyof typeof counted;

export interface Metric {
  readonly event: string;
  readonly description: string;
}

export const metrics: Readonly<Record<string, Metric>> = Object.fromEntries(
  Object.entries(counted).map(([event, description]) => [event, { event, description }]),
);

/** One time series that is compared with a limit; the fields are those of a condition of Cloud Monitoring. */
export interface Condition {
  readonly title: string;
  readonly filter: string;
  /** Of a ratio. */
  readonly denominatorFilter: string | null;
  readonly aligner: "ALIGN_DELTA" | "ALIGN_MAX" | "ALIGN_PERCENTILE_95" | "ALIGN_RATE";
  readonly reducer: "REDUCE_SUM" | "REDUCE_MAX" | "REDUCE_PERCENTILE_95";
  readonly groupBy: readonly string[];
  readonly alignmentSeconds: number;
  /** How long the series has to be over the limit, in whole minutes. */
  readonly durationSeconds: number;
  /** Null for a condition that holds when the series is absent. */
  readonly above: number | null;
}

export interface Alert {
  readonly title: string;
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  /** Any one of them calls. */
  readonly conditions: readonly Condition[];
}

const DEFAULTS = { denominatorFilter: null, groupBy: [], alignmentSeconds: 300, durationSeconds: 0 } as const;
const RUN = 'resource.type = "cloud_run_revision"';

/** More than `above` events in five minutes. */
function events(metric: MetricName, title: string, above = 0): Condition {
  return {
    ...DEFAULTS,
    title,
    filter: `metric.type = "logging.googleapis.com/user/${metric}" AND ${RUN}`,
    aligner: "ALIGN_DELTA",
    reducer: "REDUCE_SUM",
    above,
  };
}

/** The alerts; each has its page in docs/runbooks, by the same name with hyphens. */
export function alerts(limits: {
  /** Those that two revisions of all functions may open together. */
  readonly sqlConnections: number;
}): Readonly<Record<string, Alert>> {
  return {
    line_too_old: {
      title: "A line is too old",
      severity: "ERROR",
      conditions: [events("line_too_old", "the first job of a line has waited for three hours", 2)],
    },
    engine_silent: {
      title: "Work waits and no engine asks",
      severity: "CRITICAL",
      conditions: [events("engine_silent", "no engine asked for a quarter of an hour", 2)],
    },
    engine_paused: {
      title: "An engine fails everything",
      severity: "ERROR",
      conditions: [events("engine_paused", "an engine, or an account of engines, was paused")],
    },
    quarantine_not_empty: {
      title: "Results are in quarantine",
      severity: "WARNING",
      conditions: [events("quarantine_not_empty", "an administrator has to look at them")],
    },
    difference_found: {
      title: "Both stores differed",
      severity: "WARNING",
      conditions: [
        events("results_mended", "a comparison mended differences"),
        events("result_not_mended", "a difference could not be mended"),
      ],
    },
    error_rate: {
      title: "More than 2 % of requests fail",
      severity: "CRITICAL",
      conditions: [
        {
          ...DEFAULTS,
          title: "5xx answers of a function",
          filter: `metric.type = "run.googleapis.com/request_count" AND ${RUN} AND metric.labels.response_code_class = "5xx"`,
          denominatorFilter: `metric.type = "run.googleapis.com/request_count" AND ${RUN}`,
          aligner: "ALIGN_DELTA",
          reducer: "REDUCE_SUM",
          groupBy: ["resource.label.service_name"],
          durationSeconds: 300,
          above: 0.02,
        },
      ],
    },
    sql_connections: {
      title: "Postgres is running out of connections",
      severity: "ERROR",
      conditions: [
        {
          ...DEFAULTS,
          title: "more connections than 80 % of those that two revisions of all functions may open",
          filter:
            'metric.type = "cloudsql.googleapis.com/database/postgresql/num_backends" AND resource.type = "cloudsql_database"',
          aligner: "ALIGN_MAX",
          reducer: "REDUCE_SUM",
          groupBy: ["resource.label.database_id"],
          alignmentSeconds: 60,
          durationSeconds: 300,
          above: Math.floor(limits.sqlConnections * 0.8),
        },
      ],
    },
    dead_letters: {
      title: "Messages were given up",
      severity: "ERROR",
      conditions: [
        {
          ...DEFAULTS,
          title: "messages in the dead letters of a topic",
          filter:
            'metric.type = "pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.type = "pubsub_subscription" AND resource.labels.subscription_id = ends_with("-dead")',
          aligner: "ALIGN_MAX",
          reducer: "REDUCE_SUM",
          groupBy: ["resource.label.subscription_id"],
          above: 0,
        },
      ],
    },
    slow_cold_starts: {
      title: "Instances start slowly",
      severity: "WARNING",
      conditions: [
        {
          ...DEFAULTS,
          title: "95 % of starts take longer than 8 seconds",
          filter: `metric.type = "run.googleapis.com/container/startup_latencies" AND ${RUN}`,
          aligner: "ALIGN_PERCENTILE_95",
          reducer: "REDUCE_MAX",
          groupBy: ["resource.label.service_name"],
          durationSeconds: 900,
          above: 8000,
        },
      ],
    },
    repairs_fail: {
      title: "Repairs fail",
      severity: "ERROR",
      conditions: [events("repair_failed", "three repairs or more failed within five minutes", 2)],
    },
    sweep_silent: {
      title: "sweep does not run",
      severity: "CRITICAL",
      conditions: [
        {
          ...DEFAULTS,
          title: "no request to sweep for fifteen minutes",
          filter: `metric.type = "run.googleapis.com/request_count" AND ${RUN} AND resource.labels.service_name = "sweep"`,
          aligner: "ALIGN_RATE",
          reducer: "REDUCE_SUM",
          durationSeconds: 900,
          above: null,
        },
      ],
    },
  };
}

/** The page of an alert, as a path from the root. */
export function runbookOf(alert: string): string {
  return `docs/runbooks/${alert.replaceAll("_", "-")}.md`;
}
