/**
 * What a worker of the functions emulator loads: one function's bundle with that function's environment, and in front of an event
 * function what Eventarc does in production, redelivery. It is bundled itself and imports no package, since it is a part of every cold start.
 */
import { readFileSync } from "node:fs";
import { createRequire, flushCompileCache } from "node:module";
import { join } from "node:path";
import { freezeAfter } from "./freeze.ts";
import { type InvokerCheck, invokerCheck } from "./invoker.ts";

/** How one function is run here. */
export interface WorkerSettings {
  readonly environment: Readonly<Record<string, string>>;
  /** Whether an event that it failed on is given to it again. */
  readonly redelivered: boolean;
  /** For a private function: who may call it. */
  readonly invoker?: InvokerCheck | undefined;
}

type Handler = (...args: unknown[]) => unknown;
/** What is used of the request and the response that the emulator passes on. */
type HttpHandler = (
  request: { readonly headers: { readonly authorization?: string } },
  response: {
    writeHead(status: number, headers: Readonly<Record<string, string>>): { end(body: string): void };
  },
) => unknown;

/**
 * The file in the functions folder that has the settings of each function. Its name begins with a dot, since the functions emulator begins with
 * new processes when another file changes.
 */
export const SETTINGS_FILE = ".functions.json";
/** Waits before each redelivery; the last one is repeated. */
const WAITS_MS = [500, 1000, 2000, 5000, 10_000];
/** Shorter than a function may run. The emulator is then given the error, ends this worker and delivers to another one (`redelivery.ts`). */
const GIVE_UP_AFTER_MS = 60_000;

/**
 * Loads the function that this worker is for.
 * @param dir the folder with the settings and the bundles, made by `folder.ts` for this run
 */
export function loadFunction(
  dir: string,
  name: string | undefined = process.env.FUNCTION_TARGET,
): Record<string, Handler> {
  const all: Record<string, WorkerSettings> = JSON.parse(readFileSync(join(dir, SETTINGS_FILE), "utf8"));
  const settings = name === undefined ? undefined : all[name];
  if (name === undefined || settings === undefined) throw new Error(`there is no function ${name}`);
  // After the emulator set its own, since it turns the metadata server off.
  Object.assign(process.env, settings.environment);
  const bundle = createRequire(join(dir, "index.js"))(`./bundles/${name}/index.js`);
  // The emulator kills its workers, so they can't leave this to their end.
  flushCompileCache();
  const handler: unknown = bundle[name];
  if (typeof handler !== "function")
    throw new Error(`the bundle of ${name} exports no function of that name`);
  const answersRequests = process.env.FUNCTION_SIGNATURE_TYPE === "http";
  const call: Handler = (...args) => {
    // The framework's response, the second argument of every HTTP function.
    if (answersRequests) freezeAfter(args[1] as Parameters<typeof freezeAfter>[0], dir, name);
    return handler(...args);
  };
  if (settings.invoker !== undefined) return { [name]: invokedByIts(settings.invoker, call) };
  return { [name]: settings.redelivered ? redelivering(name, call) : call };
}

/** Lets through what Cloud Run would. The emulators deliver events without a token, so only HTTP functions are private here. */
function invokedByIts(check: InvokerCheck, handler: Handler): Handler {
  const refusalOf = invokerCheck(check);
  const checked: HttpHandler = (request, response) => {
    const refusal = refusalOf(request.headers.authorization);
    if (refusal === undefined) return handler(request, response);
    return response.writeHead(refusal.status, refusal.headers).end(refusal.body);
  };
  // The emulator calls an HTTP function with a request and a response.
  return checked as Handler;
}

/**
 * Calls an event function until it returns, as Eventarc does. The functions emulator ends a worker whose function threw, and starting
 * another one for each redelivery would take a second of CPU time.
 */
function redelivering(name: string, handler: Handler): Handler {
  return async (...args) => {
    const startedAt = Date.now();
    for (let attempt = 1; ; attempt++) {
      try {
        return await handler(...args);
      } catch (error) {
        if (Date.now() - startedAt > GIVE_UP_AFTER_MS) throw error;
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        console.error(
          JSON.stringify({
            severity: "ERROR",
            message: "event_redelivered",
            function: name,
            attempt,
            reason,
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(attempt, WAITS_MS.length) - 1]));
      }
    }
  };
}
