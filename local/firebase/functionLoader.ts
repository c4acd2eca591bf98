/**
 * What a worker of the functions emulator loads: one function's bundle with that function's environment, and in front of an event
 * function what Eventarc does in production, redelivery.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { type FunctionManifest, type FunctionName, functions } from "#shared/manifest.ts";

const environmentSchema = z.record(z.string(), z.record(z.string(), z.string()));

type Handler = (...args: unknown[]) => unknown;

/** Waits before each redelivery; the last one is repeated. */
const WAITS_MS = [500, 1000, 2000, 5000, 10_000];
/** An event that can't be handled for so long is given up; `sweep` repairs what it would have done. */
const GIVE_UP_AFTER_MS = 10 * 60_000;

/**
 * Loads the function that this worker is for.
 * @param dir the folder with `environment.json` (settings per function) and the bundles
 */
export function loadFunction(
  dir: string,
  name: string | undefined = process.env.FUNCTION_TARGET,
): Record<string, Handler> {
  if (name === undefined || !isFunctionName(name)) throw new Error(`there is no function ${name}`);
  const environments = environmentSchema.parse(
    JSON.parse(readFileSync(join(dir, "environment.json"), "utf8")),
  );
  // After the emulator set its own, since it turns the metadata server off.
  Object.assign(process.env, environments[name]);
  const handler: unknown = createRequire(import.meta.url)(join(dir, "bundles", name, "index.js"))[name];
  if (typeof handler !== "function")
    throw new Error(`the bundle of ${name} exports no function of that name`);
  const call: Handler = (...args) => handler(...args);
  return { [name]: isForgotten(functions[name]) ? redelivering(name, call) : call };
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

/** Whether production would deliver again what fails here; our storage stand-in does so itself. */
function isForgotten({ retry, trigger }: FunctionManifest): boolean {
  return retry && trigger.type !== "storage";
}

/**
 * Calls an event function until it returns, as Eventarc does. The emulators deliver once and forget, whatever came of it; and the
 * functions emulator ends a worker whose function threw.
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
