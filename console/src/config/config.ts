/** What `/config.json` says of the deployment. */
import * as z from "zod/mini";

// Without it zod tries to compile code, which the Content Security Policy forbids.
z.config({ jitless: true });

const configSchema = z.object({
  projectId: z.string(),
  /** Of the Firebase project; it opens nothing by itself. */
  apiKey: z.string(),
  /** Where event streams flow as they happen; the one origin holds them back until they end. */
  eventsOrigin: z.string(),
  /** Where signed URLs lead. */
  storageOrigin: z.string(),
  /** Firebase's emulators, in a local cloud. */
  emulators: z.nullable(z.object({ firestore: z.string(), auth: z.string() })),
});
export type Config = z.infer<typeof configSchema>;

let loaded: Promise<Config> | undefined;

/** @throws when the file is not there or not what it should be; the next call tries again */
export function loadConfig(): Promise<Config> {
  loaded ??= read().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function read(): Promise<Config> {
  const answer = await fetch("/config.json");
  if (!answer.ok) throw new Error(`/config.json: ${answer.status}`);
  return configSchema.parse(await answer.json());
}
