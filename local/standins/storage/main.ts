import { z } from "zod";
import { policyInFile } from "../iam/policy.ts";
import { callersFrom } from "./access.ts";
import { startStorage } from "./server.ts";
import type { PublicKeys } from "./signature.ts";

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
    z.strictObject({
      name: z.string(),
      lifecycleDays: z.number().positive().exactOptional(),
      cors: z
        .strictObject({
          origins: z.array(z.string()),
          methods: z.array(z.string()),
          headers: z.array(z.string()),
          maxAgeSeconds: z.int(),
        })
        .exactOptional(),
    }),
  ),
  /** PEM by the service account's address; others are asked for at `access.identity`. */
  publicKeys: z.record(z.string(), z.string()).exactOptional(),
  access: z
    .strictObject({
      /** Base URL of the identity stand-in, which knows accounts' public keys and whose an access token is. */
      identity: z.url(),
      /** Who may do what. */
      policyFile: z.string().min(1),
    })
    .exactOptional(),
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

/** Accounts' keys, as certificates are published; each is asked for once. */
function publicKeysFrom(known: Map<string, string>, identity: string | undefined): PublicKeys {
  return async (email) => {
    const found = known.get(email);
    if (found !== undefined || identity === undefined) return found;
    const answer = await fetch(`${identity}/robot/v1/metadata/x509/${encodeURIComponent(email)}`);
    if (!answer.ok) return undefined;
    const [pem] = Object.values(z.record(z.string(), z.string()).parse(await answer.json()));
    if (pem !== undefined) known.set(email, pem);
    return pem;
  };
}

const log = (event: string, fields: Readonly<Record<string, string | number>>): void => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};

try {
  const text = process.argv[2] ?? process.env.STORAGE_CONFIG ?? "";
  const { publicKeys = {}, access, ...config } = configSchema.parse(JSON.parse(text));
  const storage = await startStorage({
    ...config,
    publicKeys: publicKeysFrom(new Map(Object.entries(publicKeys)), access?.identity),
    ...(access === undefined
      ? {}
      : {
          access: {
            policy: policyInFile(access.policyFile),
            callerOf: callersFrom(`${access.identity}/v1/userinfo`),
          },
        }),
    log,
  });
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
