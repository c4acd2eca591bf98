import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { z } from "zod";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import { Dispatcher, type TasksLog } from "./dispatcher.ts";
import { DEFAULT_THROTTLE, type ThrottleSettings } from "./flow.ts";
import type { MintIdToken } from "./idToken.ts";
import { resourceName } from "./names.ts";
import { type QueueConfig, queueNameOf, settingsOf } from "./queueSettings.ts";
import { cloudTasksMethods } from "./service.ts";
import { StatusError } from "./status.ts";
import { TaskStore } from "./store.ts";
import { nowMicros } from "./time.ts";

export interface TasksOptions {
  /** 0 takes a free port. */
  port: number;
  /** 127.0.0.1 unless set. */
  host?: string;
  /** Where queues and tasks are kept; made if it isn't there. One process at a time. */
  dataDir: string;
  /** Queues that shall exist, with these settings; further ones in `dataDir`, and their tasks, stay as they are. */
  queues: QueueConfig[];
  mintIdToken: MintIdToken;
  clock?: Clock;
  log?: TasksLog;
  newTaskId?: () => string;
  throttle?: ThrottleSettings;
  /** How long a used task name is refused; an hour, as in Cloud Tasks, unless set. */
  nameRetentionMs?: number;
  /** 15 s, as in Cloud Tasks, unless set. */
  minDispatchDeadlineMs?: number;
}

export interface TasksStandIn {
  port: number;
  /** Ends the server and all attempts under way; these are made again when the data is next served. */
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const TIDY_EVERY_MS = 60_000;
/** "After a task is 31 days old, the task will be deleted regardless of whether it was dispatched or not." */
const TASK_LIFETIME_MICROS = 31 * 86_400e6;
/** Above Cloud Tasks' own limit of a task, so that a task too large is refused by name. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Serves google.cloud.tasks.v2.CloudTasks by gRPC without TLS, for the official client, and dispatches what is put in. Goes on with what
 * `dataDir` holds. Rejects if the port or the directory is taken, or a queue's settings are out of range.
 */
export async function startTasks(options: TasksOptions): Promise<TasksStandIn> {
  const { clock = systemClock, log = () => {}, nameRetentionMs = HOUR_MS } = options;
  const store = new TaskStore(options.dataDir);
  const { mintIdToken, throttle = DEFAULT_THROTTLE } = options;
  const dispatcher = new Dispatcher({ store, mintIdToken, clock, log, throttle, nameRetentionMs });
  const methods = cloudTasksMethods({
    store,
    dispatcher,
    clock,
    nameRetentionMs,
    newTaskId: options.newTaskId ?? randomTaskId,
    minDispatchDeadlineMs: options.minDispatchDeadlineMs ?? 15_000,
  });
  const tidy = () => store.tidy(nowMicros(clock), nowMicros(clock) - TASK_LIFETIME_MICROS);
  const server = new grpc.Server({ "grpc.max_receive_message_length": MAX_MESSAGE_BYTES });
  let port: number;
  try {
    for (const queue of options.queues)
      store.putQueue(resourceName("queue", queueNameOf(queue), "name"), settingsOf(queue));
    server.addService(serviceDefinition(), implementation(methods, log));
    port = await bind(server, `${options.host ?? "127.0.0.1"}:${options.port}`);
  } catch (error) {
    server.forceShutdown();
    store.close();
    throw error;
  }
  tidy();
  const tidying = setInterval(tidy, TIDY_EVERY_MS);
  for (const name of store.queueNames()) dispatcher.wake(name);
  return {
    port,
    async close() {
      clearInterval(tidying);
      server.forceShutdown();
      await dispatcher.close();
      store.close();
    },
  };
}

/** The service as the client library itself describes it. */
function serviceDefinition(): grpc.ServiceDefinition {
  // The package exports no path to its protos.json; it lies at build/protos, beside the build of its entry, build/cjs/src.
  const entry = createRequire(import.meta.url).resolve("@google-cloud/tasks");
  const json: unknown = JSON.parse(readFileSync(join(entry, "../../../protos/protos.json"), "utf8"));
  const root = z.record(z.string(), z.unknown()).parse(json);
  const packages = fromJSON(root, { longs: String, enums: String, defaults: true, oneofs: true });
  const service = packages["google.cloud.tasks.v2.CloudTasks"];
  if (service === undefined || "format" in service)
    throw new Error("@google-cloud/tasks describes no google.cloud.tasks.v2.CloudTasks");
  // proto-loader's type of a service definition is grpc-js's, declared a second time.
  return service as grpc.ServiceDefinition;
}

/** Methods that aren't among `methods` are UNIMPLEMENTED, by grpc-js itself. */
function implementation(
  methods: ReturnType<typeof cloudTasksMethods>,
  log: TasksLog,
): grpc.UntypedServiceImplementation {
  const handlers: Record<string, grpc.handleUnaryCall<unknown, unknown>> = {};
  for (const [name, { schema, answer }] of Object.entries(methods)) {
    handlers[name] = (call, callback) => {
      try {
        // Each method's answer takes what its own schema gives, which a loop over all of them can't show to the compiler.
        callback(null, (answer as (request: unknown) => unknown)(schema.parse(call.request)));
      } catch (error) {
        callback(refusal(error, name, log));
      }
    };
  }
  return handlers;
}

function refusal(error: unknown, method: string, log: TasksLog): grpc.ServerErrorResponse {
  if (error instanceof StatusError) return error;
  if (error instanceof z.ZodError) {
    const problems = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    return Object.assign(new Error(problems.join("; ")), { code: grpc.status.INVALID_ARGUMENT });
  }
  log("internal_error", {
    method,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return Object.assign(new Error("Internal error"), { code: grpc.status.INTERNAL });
}

function bind(server: grpc.Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

/** Digits, as Cloud Tasks makes them. */
const randomTaskId = (): string =>
  Array.from({ length: 4 }, () => String(randomInt(100_000)).padStart(5, "0")).join("");
