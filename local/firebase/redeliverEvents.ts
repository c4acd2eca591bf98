/**
 * Preloaded into firebase-tools. Its functions emulator delivers an event once, also when the worker was killed or ran past its timeout, and
 * answers nothing at all when no worker became ready; a phone's request then has no answer either. Eventarc delivers again, and Cloud
 * Run answers 503.
 */
import type { ChildProcess } from "node:child_process";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { type Answer, deliverUntilAcknowledged } from "./redelivery.ts";

/** What is used here of classes that firebase-tools has no types for. */
interface FunctionsEmulator {
  readonly triggers: Readonly<
    Record<string, { readonly def: { readonly eventTrigger?: object } } | undefined>
  >;
  handleHttpsTrigger(request: TriggerRequest, response: ServerResponse | Answer): Promise<void>;
}
interface TriggerRequest {
  readonly params: { readonly trigger_name: string };
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
emulator.handleHttpsTrigger = async function (request, response: ServerResponse) {
  // Event triggers are named without a region before their name, as here; those of HTTP functions are not found.
  if (this.triggers[request.params.trigger_name]?.def.eventTrigger === undefined) {
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
