/**
 * Preloaded into firebase-tools, whose functions emulator delivers an event once, also when the worker was killed or ran past its timeout, and
 * answers nothing at all when no worker became ready; a phone's request then has no answer either. Eventarc delivers again, and Cloud
 * Run answers 503. It also starts a function's process before the first request, when it is asked to.
 */
import type { ChildProcess } from "node:child_process";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { type Answer, deliverUntilAcknowledged } from "./redelivery.ts";
import { START_ONLY } from "./startOnly.ts";

/** What is used here of classes that firebase-tools has no types for. */
interface FunctionsEmulator {
  readonly triggers: Readonly<Record<string, TriggerRecord | undefined>>;
  readonly workerPools: Readonly<Record<string, WorkerPool | undefined>>;
  startRuntime(backend: object, trigger: TriggerRecord["def"]): Promise<unknown>;
  handleHttpsTrigger(request: TriggerRequest, response: ServerResponse | Answer): Promise<void>;
}
interface TriggerRecord {
  readonly backend: { readonly codebase: string };
  readonly def: { readonly id: string; readonly eventTrigger?: object };
}
interface WorkerPool {
  getTriggerWorkers(triggerId: string): readonly unknown[];
}
interface TriggerRequest {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly params: { readonly trigger_name: string; readonly region?: string };
}
interface RuntimeWorker {
  readonly runtime: { readonly process: ChildProcess };
  waitForSocketReady(): Promise<void>;
}

const require = createRequire(import.meta.url);
const emulators: {
  FunctionsEmulator: { prototype: FunctionsEmulator };
} = require("firebase-tools/lib/emulator/functionsEmulator.js");
const workers: {
  RuntimeWorker: { prototype: RuntimeWorker };
} = require("firebase-tools/lib/emulator/functionsRuntimeWorker.js");

const emulator = emulators.FunctionsEmulator.prototype;
const { handleHttpsTrigger } = emulator;
/** Processes that are being started ahead of requests, by trigger: a request that comes meanwhile waits instead of starting a second one. */
const starting = new Map<string, Promise<unknown>>();
emulator.handleHttpsTrigger = async function (request, response: ServerResponse) {
  const { region, trigger_name: name } = request.params;
  const key = region === undefined ? name : `${region}-${name}`;
  const record = this.triggers[key];
  if (record && request.headers[START_ONLY] !== undefined) {
    const { backend, def } = record;
    const known = this.workerPools[backend.codebase]?.getTriggerWorkers(def.id) ?? [];
    const started = known.length > 0 ? Promise.resolve() : this.startRuntime(backend, def);
    starting.set(key, started);
    const status = await started.then(
      () => 204,
      () => 503,
    );
    starting.delete(key);
    response.writeHead(status).end();
    return;
  }
  await starting.get(key)?.catch(() => {});
  if (record?.def.eventTrigger === undefined) {
    await handleHttpsTrigger.call(this, request, response).catch(() => {});
    if (!response.headersSent) response.writeHead(503).end();
    return;
  }
  const status = await deliverUntilAcknowledged((answer) => handleHttpsTrigger.call(this, request, answer));
  response.writeHead(status).end();
};

const worker = workers.RuntimeWorker.prototype;
const { waitForSocketReady } = worker;
/** Else it waits its whole time for a worker that is dead. */
worker.waitForSocketReady = function () {
  const ended = new Promise<never>((_, reject) => {
    this.runtime.process.once("exit", () => reject(new Error("the worker ended before it was ready")));
  });
  return Promise.race([waitForSocketReady.call(this), ended]);
};
