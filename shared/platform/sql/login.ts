/** How a pool logs in to Postgres: the connection string taken apart, with TLS as its `sslmode` asks. */
import type { ConnectionOptions } from "node:tls";
import pg from "pg";
import type { SettingsOf } from "../config/settings.ts";

type LoginSettings = SettingsOf<"DATABASE_URL" | "DATABASE_IAM" | "DATABASE_CA">;
type Tls = false | ConnectionOptions;

const MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
type Mode = (typeof MODES)[number];
/** What the driver reads beside `sslmode`; files of a certificate are not used here, and no parameter may weaken the mode. */
const REFUSED = ["ssl", "sslcert", "sslkey", "sslrootcert", "sslnegotiation", "uselibpqcompat"];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/**
 * The part of a pool's configuration that says where it connects, as who, and with which protection.
 *
 * `sslmode` is what libpq means by it (https://www.postgresql.org/docs/current/libpq-ssl.html), where the driver reads `require` and
 * `verify-ca` in another way: `require` encrypts, and verifies the certificate if DATABASE_CA is set; `verify-ca` verifies it
 * against DATABASE_CA; `verify-full` verifies the host's name too, by DATABASE_CA or else by Node's own list. None means `disable`.
 * A Unix socket has no TLS.
 * @param accessToken gives the password at each connection when DATABASE_IAM is set; one in the string is ignored then
 * @throws Error when the string asks for what can't be had, when a CA is set that would not be used, and when a token would be sent
 * without TLS to another machine
 */
export function databaseLogin(settings: LoginSettings, accessToken: () => Promise<string>): pg.PoolConfig {
  const { connectionString, mode } = withoutSslMode(settings.DATABASE_URL);
  const { host, port, user, database } = new pg.Client({ connectionString, ssl: false });
  const isSocket = host.startsWith("/");
  const ssl = isSocket ? false : tls(mode, host, settings.DATABASE_CA);
  if (!settings.DATABASE_IAM) return { connectionString, ssl };
  if (ssl === false && !isSocket && !LOOPBACK.test(host))
    throw new Error(
      "DATABASE_IAM sends a token, so DATABASE_URL needs sslmode=require, verify-ca or verify-full",
    );
  return {
    host,
    port,
    ssl,
    password: accessToken,
    ...(user === undefined ? {} : { user }),
    ...(database === undefined ? {} : { database }),
  };
}

/** The driver has its own meaning of the mode, so it never sees it. */
function withoutSslMode(url: string): { connectionString: string; mode: Mode } {
  const start = url.indexOf("?");
  if (start === -1) return { connectionString: url, mode: "disable" };
  const parameters = new URLSearchParams(url.slice(start));
  for (const name of REFUSED)
    if (parameters.has(name))
      throw new Error(`DATABASE_URL: ${name} is not supported; use sslmode and DATABASE_CA`);
  const given = parameters.getAll("sslmode").at(-1) ?? "disable";
  const mode = MODES.find((known) => known === given);
  if (mode === undefined) throw new Error(`DATABASE_URL: sslmode is one of ${MODES.join(", ")}`);
  parameters.delete("sslmode");
  return { connectionString: `${url.slice(0, start)}?${parameters}`, mode };
}

function tls(mode: Mode, host: string, ca: string | undefined): Tls {
  if (mode === "disable") {
    if (ca !== undefined) throw new Error("DATABASE_CA is set, but DATABASE_URL asks for no TLS");
    return false;
  }
  if (mode === "verify-full") {
    // The driver passes no name for a host that is an address, and Node would then look for `localhost` in the certificate.
    return {
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: true,
      // TLS is loaded where it is used.
      checkServerIdentity: (_name, certificate) =>
        process.getBuiltinModule("node:tls").checkServerIdentity(host, certificate),
    };
  }
  if (ca !== undefined) return { ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  if (mode === "verify-ca") throw new Error("sslmode=verify-ca needs DATABASE_CA");
  return { rejectUnauthorized: false };
}
