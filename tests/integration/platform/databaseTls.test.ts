import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findBinaries } from "#local/postgres/binaries.ts";
import { type Cluster, startPostgres } from "#local/postgres/cluster.ts";
import { withClient } from "#local/postgres/withClient.ts";
import { freePort } from "#local/processes/ports.ts";
import { openTestRun } from "#local/testing/start.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";

const NO_OPENSSL = spawnSync("openssl", ["version"]).status === 0 ? false : "not on this machine: openssl";

describe("TLS to Postgres", { skip: NO_OPENSSL }, () => {
  const { run, dir } = openTestRun();
  let cluster: Cluster;
  let own: Certificate;
  let other: Certificate;
  before(async () => {
    cluster = await startPostgres(run, { dataDir: join(dir, "postgres"), port: await freePort() });
    own = certificate(dir, "own");
    other = certificate(dir, "other");
    await withClient(cluster.url("postgres"), async (client) => {
      await client.query(`ALTER SYSTEM SET ssl_cert_file = '${own.certFile}'`);
      await client.query(`ALTER SYSTEM SET ssl_key_file = '${own.keyFile}'`);
      await client.query("ALTER SYSTEM SET ssl = on");
      await client.query("SELECT pg_reload_conf()");
    });
    await run.waitUntil(cluster.process, () => hasTls(cluster.url("postgres")), 30_000);
  });
  after(() => run.stop());

  /** Whether the connection of a pool is encrypted. */
  async function encrypted(host: string, query: string, options: { iam?: boolean; ca?: string } = {}) {
    const url = new URL(`${cluster.url("postgres")}${query}`);
    url.hostname = host;
    const { password } = url;
    const db = createDatabase(
      {
        DATABASE_URL: url.href,
        DATABASE_IAM: options.iam ?? false,
        DATABASE_CA: options.ca,
        DATABASE_POOL_MAX: undefined,
      },
      { name: "test", max: 1, log: silentLogger, accessToken: async () => password },
    );
    try {
      const { rows } = await db.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
      return rows[0]?.ssl;
    } finally {
      await db.close();
    }
  }

  it("is used when the string asks for it, with a password and with an IAM login", async () => {
    for (const iam of [false, true]) {
      assert.equal(await encrypted("127.0.0.1", "?sslmode=require", { iam }), true);
      assert.equal(await encrypted("127.0.0.1", "?sslmode=verify-ca", { iam, ca: own.pem }), true);
      assert.equal(await encrypted("localhost", "?sslmode=verify-full", { iam, ca: own.pem }), true);
      assert.equal(await encrypted("127.0.0.1", "", { iam }), false);
    }
  });

  it("ends when the certificate is of another CA, or of another host", async () => {
    const code = { code: "DEPTH_ZERO_SELF_SIGNED_CERT" };
    await assert.rejects(encrypted("127.0.0.1", "?sslmode=verify-full"), code);
    await assert.rejects(encrypted("127.0.0.1", "?sslmode=require", { ca: other.pem }), code);
    await assert.rejects(encrypted("127.0.0.1", "?sslmode=verify-full", { ca: own.pem }), {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });
});

interface Certificate {
  readonly pem: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate for `localhost` that is signed by its own key, readable for the account that Postgres runs as. */
function certificate(dir: string, name: string): Certificate {
  const certFile = join(dir, `${name}.crt`);
  const keyFile = join(dir, `${name}.key`);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", ...key, ...subject, "-days", "2", "-out", certFile], {
    stdio: "pipe",
  });
  const { account } = findBinaries();
  if (account) for (const file of [certFile, keyFile]) chownSync(file, account.uid, account.gid);
  return { pem: readFileSync(certFile, "utf8"), certFile, keyFile };
}

async function hasTls(url: string): Promise<boolean> {
  let on = false;
  await withClient(url, async (client) => {
    on = (await client.query("SHOW ssl")).rows[0]?.ssl === "on";
  });
  return on;
}
