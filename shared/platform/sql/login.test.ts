import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseLogin } from "./login.ts";

const CA = "-----BEGIN CERTIFICATE-----";

function loginOf(
  url: string,
  { iam = false, ca }: { iam?: boolean; ca?: string } = {},
): ReturnType<typeof databaseLogin> {
  const settings = { DATABASE_URL: `postgres://me:secret@${url}`, DATABASE_IAM: iam, DATABASE_CA: ca };
  return databaseLogin(settings, async () => "token");
}

/** What TLS is asked to do: verify the chain, by which CA, and whether a certificate of another host will do. */
function tlsOf(url: string, options: { iam?: boolean; ca?: string } = {}) {
  const { ssl } = loginOf(url, options);
  if (typeof ssl !== "object") return ssl;
  const other = { subject: { CN: "other" }, subjectaltname: "DNS:other" };
  // Only the names of the certificate are looked at.
  const refusal = ssl.checkServerIdentity?.("other", other as never);
  return { verified: ssl.rejectUnauthorized, ca: ssl.ca, otherHost: refusal === undefined };
}

test("sslmode is kept with a password and with an IAM login, as libpq means it", () => {
  for (const iam of [false, true]) {
    const cases: [string, string | undefined, ReturnType<typeof tlsOf>][] = [
      ["?sslmode=require", undefined, { verified: false, ca: undefined, otherHost: true }],
      ["?sslmode=require", CA, { verified: true, ca: CA, otherHost: true }],
      ["?sslmode=verify-ca", CA, { verified: true, ca: CA, otherHost: true }],
      ["?sslmode=verify-full", CA, { verified: true, ca: CA, otherHost: false }],
      ["?sslmode=verify-full", undefined, { verified: true, ca: undefined, otherHost: false }],
    ];
    for (const [query, ca, tls] of cases)
      assert.deepEqual(tlsOf(`10.1.2.3/x${query}`, { iam, ...(ca === undefined ? {} : { ca }) }), tls, query);
  }
});

test("without sslmode there is no TLS; the rest of the string stays", () => {
  assert.equal(tlsOf("db/x"), false);
  assert.equal(tlsOf("db/x?sslmode=disable"), false);
  const { connectionString } = loginOf("db/x?sslmode=require&options=-c%20a%3Db");
  assert.equal(new URL(connectionString ?? "").searchParams.get("options"), "-c a=b");
  assert.equal(new URL(connectionString ?? "").searchParams.has("sslmode"), false);
});

test("a token goes without TLS to this machine only", () => {
  for (const url of ["10.1.2.3/x", "db.example/x?sslmode=disable", "127.0.0.1.example/x"])
    assert.throws(() => loginOf(url, { iam: true }), /DATABASE_IAM/, url);
  for (const url of ["127.0.0.1/x", "localhost:5433/x", "[::1]/x", "/x?host=%2Fcloudsql%2Fp:r:i"])
    assert.equal(tlsOf(url, { iam: true }), false, url);
  assert.equal(tlsOf("/x?host=%2Fcloudsql%2Fp:r:i&sslmode=require", { iam: true }), false);
});

test("what would weaken a mode or leave the CA unused is refused, without the password", () => {
  const refused: [string, string | undefined][] = [
    ["db/x?sslmode=prefer", undefined],
    ["db/x?sslmode=no-verify", undefined],
    ["db/x?sslmode=verify-full&ssl=0", undefined],
    ["db/x?sslmode=require&uselibpqcompat=true", undefined],
    ["db/x?sslmode=verify-ca", undefined],
    ["db/x", CA],
  ];
  for (const [url, ca] of refused)
    assert.throws(
      () => loginOf(url, ca === undefined ? {} : { ca }),
      (error: Error) => /DATABASE_/.test(error.message) && !/secret/.test(error.message),
      url,
    );
});
