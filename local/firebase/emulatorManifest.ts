/** The manifest as the Firebase functions emulator reads it: `functions.yaml` (JSON is YAML). */
import { type FunctionManifest, type FunctionName, functions, type Trigger } from "#shared/manifest.ts";
import { REGION } from "#tools/build/region.ts";

/**
 * Writes the manifest's triggers in Firebase's notation.
 * @param buckets the bucket behind each setting that names one
 */
export function emulatorManifest(
  names: readonly FunctionName[],
  buckets: Readonly<Record<string, string | undefined>>,
): string {
  const endpoints: Record<string, unknown> = {};
  for (const name of names) endpoints[name] = endpointOf(name, functions[name], buckets);
  return `${JSON.stringify({ specVersion: "v1alpha1", requiredAPIs: [], endpoints }, null, 2)}\n`;
}

function endpointOf(
  name: string,
  { trigger, timeoutSeconds }: FunctionManifest,
  buckets: Readonly<Record<string, string | undefined>>,
) {
  return {
    platform: "gcfv2",
    region: [REGION],
    entryPoint: name,
    timeoutSeconds,
    ...(trigger.type === "http"
      ? { httpsTrigger: {} }
      : { eventTrigger: { ...eventOf(trigger, buckets), retry: trigger.retry } }),
  };
}

function eventOf(
  trigger: Exclude<Trigger, { type: "http" }>,
  buckets: Readonly<Record<string, string | undefined>>,
) {
  switch (trigger.type) {
    case "storage": {
      const bucket = buckets[trigger.bucket];
      if (bucket === undefined) throw new Error(`no bucket is known for ${trigger.bucket}`);
      return { eventType: "google.cloud.storage.object.v1.finalized", eventFilters: { bucket } };
    }
    case "firestore":
      return {
        eventType: "google.cloud.firestore.document.v1.written",
        eventFilters: { database: "(default)", namespace: "(default)" },
        eventFilterPathPatterns: { document: trigger.document },
      };
    case "pubsub":
      return {
        eventType: "google.cloud.pubsub.topic.v1.messagePublished",
        eventFilters: { topic: trigger.topic },
      };
  }
}
