import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { z } from "zod";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import type { Policy } from "../iam/policy.ts";
import { Dispatcher, type TasksLog } from "./dispatcher.ts";
import { DEFAULT_THROTTLE, type ThrottleSettings } from "./flow.ts";
import type { MintIdToken } from "./idToken.ts";
import { resourceName } from "./names.ts";
import { type QueueConfig, queueNameOf, settingsOf } from "./queueSettings.ts";
import { ANYONE, type Caller, callerNamed, cloudTasksMethods } from "./service.ts";
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
  /**
   * Who may do what; without it everyone may do everything. The client without TLS carries no credentials, so each account has a
   * port of its own, and a call is known by the port that it came to.
   */
  access?: TasksAccess;
  clock?: Clock;
  log?: TasksLog;
  newTaskId?: () => string;
  throttle?: ThrottleSettings;
  /** How long a used task name is refused; nine days, the longest that Cloud Tasks does it, unless set. */
  nameRetentionMs?: number;
  /** 15 s, as in Cloud Tasks, unless set. */
  minDispatchDeadlineMs?: number;
}

export interface TasksAccess {
  policy: Policy;
  /** The account that `port` stands for. */
  account: string;
  /** Further ports. */
  ports: readonly { port: number; account: string }[];
}

export interface TasksStandIn {
  port: number;
  /** Those of `access.ports`, in their order. */
  accountPorts: readonly number[];
  /** Ends the server and all attempts under way; these are made again when the data is next served. */
  close(): Promise<void>;
}

/** From an hour to nine days, by the way a queue was made ({@link https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#createtaskrequest}). */
const NAME_RETENTION_MS = 9 * 86_400_000;
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
  const { clock = systemClock, log = () => {}, nameRetentionMs = NAME_RETENTION_MS } = options;
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
  const accountPorts: number[] = [];
  try {
    for (const queue of options.queues)
      store.putQueue(resourceName("queue", queueNameOf(queue), "name"), settingsOf(queue));
    const { host = "127.0.0.1", access } = options;
    const accounts = new Map<number, string>();
    server.addService(serviceDefinition(), implementation(methods, callersOf(accounts, access), log));
    port = await bind(server, `${host}:${options.port}`);
    if (access !== undefined) {
      accounts.set(port, access.account);
      for (const further of access.ports) {
        const bound = await bind(server, `${host}:${further.port}`);
        accounts.set(bound, further.account);
        accountPorts.push(bound);
      }
    }
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
    accountPorts,
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

/** A call's account, by the port in the address that its client was given. */
function callersOf(accounts: ReadonlyMap<number, string>, access: TasksAccess | undefined) {
  return (host: string): Caller => {
    if (access === undefined) return ANYONE;
    const port = Number(/:(\d+)$/.exec(host)?.[1]);
    return callerNamed(accounts.get(port), access.policy);
  };
}

/** Methods that aren't among `methods` are UNIMPLEMENTED, by grpc-js itself. */
function implementation(
  methods: ReturnType<typeof cloudTasksMethods>,
  callerOf: (host: string) => Caller,
  log: TasksLog,
): grpc.UntypedServiceImplementation {
  const handlers: Record<string, grpc.handleUnaryCall<unknown, unknown>> = {};
  for (const [name, { schema, answer }] of Object.entries(methods)) {
    handlers[name] = (call, callback) => {
      try {
        // Each method's answer takes what its own schema gives, which a loop over all of them can't show to the compiler.
        const work = answer as (request: unknown, caller: Caller) => unknown;
        callback(null, work(schema.parse(call.request), callerOf(call.getHost())));
      } catch (error) {
        callback(refusal(error, name, log));
      }
    };
  }
  return handlers;
}

function refusal(error: unknown, method: string, log: TasksLog): grpc.ServerErrorResponse {
  if (error instanceof StatusError) {
    if (error.code === grpc.status.PERMISSION_DENIED) log("access_denied", { method, why: error.message });
    return error;
  }
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
