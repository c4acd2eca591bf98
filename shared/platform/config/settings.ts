/**
 * Every setting any function reads, parsed once at the edge. A setting is an environment variable; the secret ones reach the
 * environment from Secret Manager. No function and no domain looks at `process.env` itself.
 */
import { z } from "zod";

const list = () =>
  z.string().transform((text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  );
/** Web origins as a browser names them: scheme, host and port, nothing behind. */
const origins = () =>
  list().refine(
    (all) => all.every((origin) => URL.parse(origin)?.origin === origin),
    "expected origins such as https://app.example.com, with commas between them",
  );
const flag = () => z.enum(["true", "false"]).transform((text) => text === "true");
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "expected JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** One JSON Web Key Set; the first key is the current one, the others are kept while a rotation is under way. */
const jwks = () =>
  json(
    z.object({
      keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.literal("ES256") })).min(1),
    }),
  );

/** 256 bits of secret or more, in base64 or base64url. */
const key = () =>
  z
    .string()
    .transform((text) => Buffer.from(text, "base64"))
    .refine((bytes) => bytes.length >= 32, "expected at least 32 bytes in base64");

/** One such key or more, the current one first. */
const keys = () =>
  z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(key()).min(1));

const engineAddress = () =>
  z.object({
    /** Base URL; `/wake` is added. */
    url: z.url(),
    /** Audience of the OIDC token a ring carries; the URL itself unless the engine checks another. */
    audience: z.string().optional(),
    kinds: z.array(z.string()).min(1),
  });
export type EngineAddress = z.infer<ReturnType<typeof engineAddress>>;

/** Each is made when it is asked for: a start makes the schemas of the settings that its function reads. */
export const settingSchemas = {
  get GOOGLE_CLOUD_PROJECT() {
    return z.string().min(1);
  },
  /** The one origin phones and engines call, without a trailing slash; also the audience engines and administrators ask for. */
  get PUBLIC_ORIGIN() {
    return z.url().transform((url) => url.replace(/\/+$/, ""));
  },
  /** Web origins whose pages may call the functions that phones call, and read the answers; none unless set. */
  get ALLOWED_ORIGINS() {
    return origins().default([]);
  },
  /** Where phones reach event streams, without a trailing slash: the one origin, unless that holds a response back until it ends. */
  get EVENTS_ORIGIN() {
    return z.url().transform((url) => url.replace(/\/+$/, ""));
  },
  get LOG_LEVEL() {
    return z.enum(["debug", "info", "warn", "error", "silent"]).default("info");
  },

  /**
   * Secret. A Postgres connection string; with DATABASE_IAM its user is an IAM user and needs no password. Its `sslmode` is `disable`
   * (unless said otherwise), `require`, `verify-ca` or `verify-full`.
   */
  get DATABASE_URL() {
    return z.string().regex(/^postgres(ql)?:/);
  },
  /** Whether the password is an access token of the function's own account (Cloud SQL IAM login). */
  get DATABASE_IAM() {
    return flag().default(false);
  },
  /** Certificates in PEM that the database's own must be signed by. */
  get DATABASE_CA() {
    return z
      .string()
      .regex(/-----BEGIN CERTIFICATE-----/, "expected a certificate in PEM")
      .optional();
  },
  /** Connections of one instance, instead of what the manifest says. */
  get DATABASE_POOL_MAX() {
    return whole(1, 50).optional();
  },

  /** Secret. Private ES256 keys as a JWKS; the first signs. */
  get TOKEN_SIGNING_KEYS() {
    return jwks();
  },
  /** The public halves; every function verifies access tokens with these, without any call. */
  get TOKEN_PUBLIC_KEYS() {
    return jwks().refine(({ keys }) => keys.every((key) => !("d" in key)), "expected public keys only");
  },
  /** Secret. Derives refresh-token successors; several keys with commas between them while one replaces another, the current one first. */
  get REFRESH_TOKEN_KEY() {
    return keys();
  },
  /** Secret. Keys the hash of mailed codes. */
  get CODE_KEY() {
    return key();
  },
  /** Secret. Keys the ids of uploads that a repeated request has to find again. */
  get INPUT_KEY() {
    return key();
  },

  get GOOGLE_ISSUER() {
    return z.url().default("https://accounts.google.com");
  },
  get GOOGLE_JWKS_URL() {
    return z.url().default("https://www.googleapis.com/oauth2/v3/certs");
  },
  get GOOGLE_AUTHORIZE_URL() {
    return z.url().default("https://accounts.google.com/o/oauth2/v2/auth");
  },
  get GOOGLE_TOKEN_URL() {
    return z.url().default("https://oauth2.googleapis.com/token");
  },
  /** OAuth client ids whose ID tokens may sign in (the phone apps' and the web client's). */
  get GOOGLE_CLIENT_IDS() {
    return list();
  },
  /** The web client of the browser flow. */
  get GOOGLE_OAUTH_CLIENT_ID() {
    return z.string().min(1);
  },
  /** Secret. */
  get GOOGLE_OAUTH_CLIENT_SECRET() {
    return z.string().min(1);
  },
  /** App links that the browser flow may end at, compared exactly. */
  get APP_REDIRECT_URIS() {
    return list();
  },

  get UPLOADS_BUCKET() {
    return z.string().min(3);
  },
  get RESOURCES_BUCKET() {
    return z.string().min(3);
  },
  /** Where `signBlob` is asked; Google's IAM Credentials API unless set. */
  get SIGNING_ENDPOINT() {
    return z.url().optional();
  },
  get UPLOAD_RETENTION_DAYS() {
    return whole(1, 90).default(7);
  },
  /** Days a job is kept after its end. A change counts for jobs that end from then on. */
  get JOB_RETENTION_DAYS() {
    return whole(1, 3650).default(90);
  },
  /** Days a line of the audit log is kept. */
  get AUDIT_RETENTION_DAYS() {
    return whole(1, 3650).default(400);
  },
  /** GiB that one space may ask to upload within the days that uploads are kept. */
  get UPLOAD_GIB_PER_SPACE() {
    return whole(1, 1e6).default(100);
  },

  get TASKS_LOCATION() {
    return z.string().min(1);
  },
  /** `host:port` of a Cloud Tasks stand-in that speaks plain gRPC; Google's unless set. */
  get TASKS_ENDPOINT() {
    return z
      .string()
      .regex(/^[^:]+:\d+$/)
      .optional();
  },
  /** The account whose OIDC token tasks carry. */
  get TASKS_SERVICE_ACCOUNT() {
    return z.email();
  },
  /** Base URL of the function `dispatch`. */
  get DISPATCH_URL() {
    return z.url().transform((url) => url.replace(/\/+$/, ""));
  },
  /** Base URL of the function `outbound`. */
  get OUTBOUND_URL() {
    return z.url().transform((url) => url.replace(/\/+$/, ""));
  },

  /** Base URL of the function `workshop`. */
  get WORKSHOP_URL() {
    return z.url().transform((url) => url.replace(/\/+$/, ""));
  },
  /** Tasks that one ring of `workshop` adds: so many jobs are worked on at once, as long as instances are there. */
  get WORKSHOP_TASKS() {
    return whole(1, 16).default(4);
  },

  /** JSON list of the engines that may be rung. */
  get ENGINES() {
    return json(z.array(engineAddress()));
  },
  /** E-mail addresses of the service accounts that may call `engine`. */
  get ENGINE_CALLERS() {
    return list();
  },
  /** E-mail addresses of the accounts that may call `admin`. */
  get ADMIN_CALLERS() {
    return list();
  },

  /** Secret. `smtp://user:password@host:port` or `smtps://`. */
  get SMTP_URL() {
    return z.string().regex(/^smtps?:/);
  },
  /** Whether mail may go without TLS; only to a server on this machine. */
  get SMTP_PLAIN() {
    return flag().default(false);
  },
  get MAIL_FROM() {
    return z.string().min(3);
  },
  /** Where push messages are posted instead of Firebase Cloud Messaging, in its v1 message shape. */
  get PUSH_ENDPOINT() {
    return z.url().optional();
  },

  /** Requests a minute. */
  get RATE_PER_ACCOUNT() {
    return whole(1, 1e6).default(300);
  },
  get RATE_PER_ADDRESS() {
    return whole(1, 1e6).default(1200);
  },
  get RATE_SIGN_IN() {
    return whole(1, 1e6).default(30);
  },
  get RATE_SIGN_IN_PER_ACCOUNT() {
    return whole(1, 1e6).default(20);
  },
  get RATE_REFRESH() {
    return whole(1, 1e6).default(60);
  },
  get RATE_REFRESH_PER_ACCOUNT() {
    return whole(1, 1e6).default(60);
  },
  get RATE_CONFIRM() {
    return whole(1, 1e6).default(20);
  },
  get RATE_EXPORT() {
    return whole(1, 1e6).default(10);
  },
  /** A day (UTC). Caps on invitations, so that no mailbox is flooded. */
  get INVITATIONS_PER_GIVER() {
    return whole(1, 1e6).default(100);
  },
  get INVITATIONS_PER_PAIR() {
    return whole(1, 1e6).default(30);
  },
  /** Mails to one address, of all givers together. */
  get INVITATIONS_PER_RECIPIENT() {
    return whole(1, 1e6).default(60);
  },
  /** A day (UTC). Caps on guessing a mailed code that asking for a new code doesn't reset. */
  get CODE_TRIES_PER_GIVER() {
    return whole(1, 1e6).default(30);
  },
  get CODE_TRIES_PER_PAIR() {
    return whole(1, 1e6).default(15);
  },
  /**
   * The way in, which decides what is believed about a caller's address: `hosting` is best effort; `loadBalancer` can't be forged, and needs
   * an ingress that lets in nothing but the balancer.
   */
  get EDGE() {
    return z.enum(["hosting", "loadBalancer"]).default("hosting");
  },

  get OPEN_JOBS_PER_SPACE() {
    return whole(1, 1e6).default(200);
  },
  /** Event streams that one account, and all accounts, may have open at one instance. */
  get STREAMS_PER_ACCOUNT() {
    return whole(1, 1000).default(6);
  },
  get STREAMS_PER_INSTANCE() {
    return whole(1, 1000).default(250);
  },
  /** Bounds of the lease length an engine may ask for, in seconds. */
  get LEASE_SECONDS_MIN() {
    return whole(1, 3600).default(30);
  },
  get LEASE_SECONDS_MAX() {
    return whole(1, 3600).default(3600);
  },
  /** Leases in a row that fail or are lost, after which an engine is paused for the kind. */
  get ENGINE_PAUSE_AFTER() {
    return whole(2, 100).default(10);
  },
  /** Leases that one service account of engines may hold at once. */
  get ENGINE_LEASES_MAX() {
    return whole(1, 10_000).default(100);
  },
  /** Upper bound of the wait before a retryable failure is tried again; the kind's own bound unless set. */
  get RETRY_BACKOFF_MAX_SECONDS() {
    return whole(0, 86_400).optional();
  },
} as const satisfies Record<string, z.ZodType>;

export type SettingName = keyof typeof settingSchemas;

/** Settings whose value must come from Secret Manager and never be printed. */
export const secretSettings: ReadonlySet<SettingName> = new Set([
  "DATABASE_URL",
  "TOKEN_SIGNING_KEYS",
  "REFRESH_TOKEN_KEY",
  "CODE_KEY",
  "INPUT_KEY",
  "GOOGLE_OAUTH_CLIENT_SECRET",
  "SMTP_URL",
]);

type AllSettings = { readonly [Name in SettingName]: z.output<(typeof settingSchemas)[Name]> };
export type SettingsOf<Names extends SettingName> = Pick<AllSettings, Names>;

/**
 * Parses the settings of one function.
 * @param names those that its manifest entry lists; no other setting is handed out
 * @param env the process's environment in production; a plain object in tests
 * @throws Error naming every setting that is missing or malformed, never a value
 */
export function settingsFor<Names extends SettingName>(
  names: readonly Names[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): SettingsOf<Names> {
  const parsed: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const setting of names) {
    const raw = env[setting];
    const result = settingSchemas[setting].safeParse(raw === "" ? undefined : raw);
    if (result.success) parsed[setting] = result.data;
    else
      problems.push(
        `${setting}: ${raw === undefined ? "missing" : (result.error.issues[0]?.message ?? "malformed")}`,
      );
  }
  if (problems.length > 0) throw new Error(`settings: ${problems.join("; ")}`);
  // Each listed setting was just parsed by its own schema, which is what the mapped type says.
  return parsed as SettingsOf<Names>;
}
