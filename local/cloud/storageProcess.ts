/**
 * The Cloud Storage stand-in as a process of its own, configured by JSON in STORAGE_CONFIG. It asks the identity stand-in for the
 * keys that signatures are checked with.
 */
import { z } from "zod";
import { startStorage } from "../storage/server.ts";

const config = z
  .strictObject({
    port: z.int(),
    dataDir: z.string(),
    buckets: z.array(z.strictObject({ name: z.string() })),
    /** Base URL of the identity stand-in. */
    identity: z.url(),
    onFinalized: z.array(z.strictObject({ bucket: z.string(), url: z.url() })),
  })
  .parse(JSON.parse(process.env.STORAGE_CONFIG ?? ""));

/** Certificates by key id, as Google publishes them for a service account. */
const certificates = z.record(z.string(), z.string());

const storage = await startStorage({
  ...config,
  async publicKeys(email) {
    const answer = await fetch(`${config.identity}/robot/v1/metadata/x509/${encodeURIComponent(email)}`);
    return answer.ok ? Object.values(certificates.parse(await answer.json()))[0] : undefined;
  },
  log: (event, fields) => {
    process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
  },
});
const stop = () => void storage.close().then(() => process.exit(0));
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
