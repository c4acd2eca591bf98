/**
 * Runs the reference engine as a process of its own:
 *   node engine/reference/main.ts --api http://127.0.0.1:5000 --key-file .local/engine-key.json
 * Each option may also be an environment variable (in brackets in the help).
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { EngineClient } from "#engine/kit/client.ts";
import { startEngine } from "#engine/kit/engine.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import type { WakeGuard } from "#engine/kit/wake.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { conversions } from "./conversions.ts";

const help = `Usage: node engine/reference/main.ts --api URL --key-file FILE [options]

  --api URL            origin of the gateway [API]
  --key-file FILE      the engine's service-account key [ENGINE_KEY_FILE]
  --port N             where /wake listens; 0 picks a free port [PORT, 0]
  --host HOST          [HOST, 127.0.0.1]
  --engine-id ID       stable name of this engine [ENGINE_ID, reference-PORT]
  --kinds LIST         kinds to take, with commas [ENGINE_KINDS, scene,avatar]
  --max N              jobs at once [ENGINE_MAX, 1]
  --lease-seconds N    [ENGINE_LEASE_SECONDS, 30]
  --poll-seconds N     how often to ask without a ring [ENGINE_POLL_SECONDS, 30]
  --idle-exit-seconds N  end after so long without work [ENGINE_IDLE_EXIT_SECONDS, never]
  --work-dir DIR       for files at work [ENGINE_WORK_DIR, in the system's temporary directory]
  --wake-issuer URL --wake-jwks-url URL --wake-audience TEXT [--wake-callers LIST]
                       ask for the gateway's ID token on /wake [WAKE_ISSUER ...]
  --log-level LEVEL    debug, info, warn, error or silent [LOG_LEVEL, info]
`;

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);

/** Every option, with the environment variable that may stand for it. */
const variables = {
  api: "API",
  "key-file": "ENGINE_KEY_FILE",
  port: "PORT",
  host: "HOST",
  "engine-id": "ENGINE_ID",
  kinds: "ENGINE_KINDS",
  max: "ENGINE_MAX",
  "lease-seconds": "ENGINE_LEASE_SECONDS",
  "poll-seconds": "ENGINE_POLL_SECONDS",
  "idle-exit-seconds": "ENGINE_IDLE_EXIT_SECONDS",
  "work-dir": "ENGINE_WORK_DIR",
  "wake-issuer": "WAKE_ISSUER",
  "wake-jwks-url": "WAKE_JWKS_URL",
  "wake-audience": "WAKE_AUDIENCE",
  "wake-callers": "WAKE_CALLERS",
  "log-level": "LOG_LEVEL",
} as const;
type OptionName = keyof typeof variables;

const settingsSchema = z
  .object({
    api: z.url("expected the gateway's origin"),
    "key-file": z.string("expected the path of the engine's key file").min(1),
    port: z.coerce.number().int().min(0).max(65_535).default(0),
    host: z.string().default("127.0.0.1"),
    "engine-id": z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,60}$/, "expected letters, digits, - and _")
      .optional(),
    kinds: list.optional(),
    max: z.coerce.number().int().min(1).max(16).optional(),
    "lease-seconds": z.coerce.number().min(1).max(3600).optional(),
    "poll-seconds": z.coerce.number().min(0.1).optional(),
    "idle-exit-seconds": z.coerce.number().min(0).optional(),
    "work-dir": z.string().optional(),
    "wake-issuer": z.string().optional(),
    "wake-jwks-url": z.url().optional(),
    "wake-audience": z.string().optional(),
    "wake-callers": list.optional(),
    "log-level": z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  } satisfies Record<OptionName, z.ZodType>)
  .refine(
    (given) =>
      [given["wake-issuer"], given["wake-jwks-url"], given["wake-audience"]].every(
        (value, _, [first]) => (value === undefined) === (first === undefined),
      ),
    "the issuer, the JWKS URL and the audience of rings go together",
  );
type Settings = z.infer<typeof settingsSchema>;

await main();

async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === undefined) return;
  const engineId = settings["engine-id"] ?? `reference-${settings.port || process.pid}`;
  const engine = await startEngine({
    ...given({
      kinds: settings.kinds,
      max: settings.max,
      leaseSeconds: settings["lease-seconds"],
      pollSeconds: settings["poll-seconds"],
      idleExitSeconds: settings["idle-exit-seconds"],
      wakeGuard: wakeGuardOf(settings),
    }),
    port: settings.port,
    host: settings.host,
    client: clientOf(settings),
    engineId,
    work: conversions(),
    workDir: settings["work-dir"] ?? join(tmpdir(), `reverie-${engineId}`),
    log: createLogger(settings["log-level"], { engineId }),
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void engine.stop());
  await engine.ended;
  // Connections that are kept alive for another call would keep the process for a while.
  process.exit(0);
}

function clientOf({ api, "key-file": keyFile }: Settings): EngineClient {
  const audience = new URL(api).origin;
  return new EngineClient(api, serviceAccountTokens({ keyFile, audience, clock: systemClock }));
}

/** Undefined when there is nothing to run; what to say has been said. */
function readSettings(): Settings | undefined {
  const names = Object.keys(variables);
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  const values: Readonly<Record<string, string | boolean | undefined>> = parseArgs({
    options: { ...options, help: { type: "boolean" } },
  }).values;
  if (values.help) {
    process.stdout.write(help);
    return undefined;
  }
  const chosen = Object.entries(variables).map(([name, variable]) => {
    // An empty variable is one that isn't set.
    return [name, values[name] ?? (process.env[variable] || undefined)];
  });
  const parsed = settingsSchema.safeParse(Object.fromEntries(chosen));
  if (parsed.success) return parsed.data;
  process.stderr.write(`${z.prettifyError(parsed.error)}\n\n${help}`);
  process.exitCode = 2;
  return undefined;
}

function wakeGuardOf(settings: Settings): WakeGuard | undefined {
  const { "wake-issuer": issuer, "wake-jwks-url": jwksUrl, "wake-audience": audience } = settings;
  if (issuer === undefined || jwksUrl === undefined || audience === undefined) return undefined;
  const callers = settings["wake-callers"];
  return { issuer, jwksUrl, audience, ...(callers ? { callers } : {}) };
}

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without what is undefined, so that defaults apply. */
function given<T extends object>(values: T): Given<T> {
  // The entries that are left are exactly those of T without undefined.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
