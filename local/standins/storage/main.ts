import { z } from "zod";
import { startStorage } from "./server.ts";

/*
 * The stand-in as a process of its own: `node local/standins/storage/main.ts '<json>'`, or the JSON in STORAGE_CONFIG. Logs JSON lines on
 * standard output; the one with the event `listening` says that it is ready, and where. Ends on SIGTERM and SIGINT, and with the
 * process that started it if that one opened an IPC channel.
 */

const configSchema = z.strictObject({
  port: z.int().min(0).max(65_535),
  host: z.string().exactOptional(),
  dataDir: z.string().min(1),
  buckets: z.array(
    z.strictObject({ name: z.string(), lifecycleDays: z.number().positive().exactOptional() }),
  ),
  /** PEM by the service account's address. */
  publicKeys: z.record(z.string(), z.string()),
  onFinalized: z
    .array(
      z.strictObject({
        bucket: z.string(),
        url: z.url(),
        name: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
});

const log = (event: string, fields: Readonly<Record<string, string | number>>): void => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};

try {
  const text = process.argv[2] ?? process.env.STORAGE_CONFIG ?? "";
  const { publicKeys, ...config } = configSchema.parse(JSON.parse(text));
  const keys = new Map(Object.entries(publicKeys));
  const storage = await startStorage({ ...config, publicKeys: (email) => keys.get(email), log });
  const stop = () => void storage.close().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (process.connected) process.once("disconnect", stop);
  log("listening", { url: storage.url, port: storage.port });
} catch (error) {
  process.stderr.write(
    `The Cloud Storage stand-in can't start: ${error instanceof Error ? error.message : error}\n`,
  );
  process.exit(1);
}
