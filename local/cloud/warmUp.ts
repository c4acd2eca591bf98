/** A process for each function that a video passes, started before the first video comes. */
import { type FunctionName, functions } from "#shared/manifest.ts";
import { REGION } from "#tools/build/region.ts";
import { START_ONLY } from "../firebase/startOnly.ts";
import { LOOPBACK } from "../processes/ports.ts";
import { type CloudPlan, PROJECT_ID } from "./plan.ts";

/** In the order in which a video comes by. `auth` has answered already. */
const ON_THE_WAY: readonly FunctionName[] = [
  "groups",
  "uploads",
  "ingest",
  "jobs",
  "dispatch",
  "engine",
  "streams",
  "sync",
  "library",
  "notify",
];

/**
 * Has the emulator start a process of each function: a person's first request would wait a second for each. One after the other, since the
 * cloud is in use meanwhile. An HTTP function is then asked something without a token, by which it loads what its answers need. Never throws: each
 * request may fail when the cloud is stopped.
 */
export async function warmUp({ ports }: Pick<CloudPlan, "ports">, ask: typeof fetch = fetch): Promise<void> {
  const emulator = `http://${LOOPBACK}:${ports.functions}`;
  const started = (trigger: string) =>
    ask(`${emulator}/functions/projects/${PROJECT_ID}/triggers/${trigger}`, {
      method: "POST",
      headers: { [START_ONLY]: "true" },
    }).catch(() => {});
  for (const name of ON_THE_WAY) {
    const isHttp = functions[name].trigger.type === "http";
    // The functions emulator numbers the triggers of events at each reload; the first ones have 0.
    await started(isHttp ? `${REGION}-${name}` : `${REGION}-${name}-0`);
    if (isHttp) await ask(`${emulator}/${PROJECT_ID}/${REGION}/${name}/`, { method: "HEAD" }).catch(() => {});
  }
}
