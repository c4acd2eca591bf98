import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { GetSignedUrlConfig } from "@google-cloud/storage";
import { StorageError } from "./failure.ts";
import { client, keys, SIGNER, signByHand } from "./harness.ts";
import { type SignedRequest, verifySignature } from "./signature.ts";

const HOST = "127.0.0.1:4443";
/** The client signs only what ends after the machine's clock. */
const SIGNED_AT = new Date(Math.floor(Date.now() / 1000) * 1000);
const STAMP = SIGNED_AT.toISOString().replace(/[-:]|\.000/g, "");
const HOUR_MS = 3600 * 1000;
const bucket = client(`http://${HOST}`).bucket("the-bucket");
const publicKeys = (email: string) => (email === SIGNER ? keys.publicKey : undefined);

/** What a phone would send for a URL that Google's client signed. */
async function signed(
  config: Partial<GetSignedUrlConfig> = {},
  headers: Record<string, string> = {},
  name = "a/b.mp4",
): Promise<SignedRequest & { headers: Map<string, string[]> }> {
  const action = config.action ?? "read";
  const [url] = await bucket.file(name).getSignedUrl({
    version: "v4",
    action,
    accessibleAt: SIGNED_AT,
    expires: new Date(SIGNED_AT.getTime() + HOUR_MS),
    ...config,
  });
  const [path = "", rawQuery = ""] = url.slice(`http://${HOST}`.length).split("?");
  const method = { read: "GET", write: "PUT", delete: "DELETE", resumable: "POST" }[action];
  const all = { host: HOST, ...headers };
  return {
    method,
    rawPath: path,
    rawQuery,
    headers: new Map(Object.entries(all).map(([header, value]) => [header, [value]])),
  };
}

const refusal = (status: number, code: string) => (error: unknown) => {
  assert.ok(error instanceof StorageError, String(error));
  assert.deepEqual([error.refusal.status, error.refusal.code], [status, code]);
  return true;
};
const mismatch = refusal(403, "SignatureDoesNotMatch");
const malformed = refusal(400, "MalformedSecurityHeader");
const check = (request: SignedRequest, now = SIGNED_AT) => verifySignature(request, now, publicKeys);

test("what Google's client signs is accepted: every action, name, header and query", async () => {
  const put = { action: "write" as const, contentType: "video/mp4" };
  const range = { "x-goog-content-length-range": "1,10", "x-goog-if-generation-match": "0" };
  const requests = [
    signed(),
    signed({ action: "delete" }),
    signed(put, { "content-type": "video/mp4" }),
    signed({ ...put, extensionHeaders: range }, { "content-type": "video/mp4", ...range }),
    signed({ action: "resumable" }, { "x-goog-resumable": "start" }),
    signed({ contentMd5: "x" }, { "content-md5": "x" }),
    signed({ responseDisposition: 'attachment; filename="a b+c&d.glb"', responseType: "model/gltf-binary" }),
    signed({ queryParams: { generation: "7", "a-b": "1", a: "2" } }),
    signed({}, {}, "spaces and ü 日本 !'()*~;:@&=+$,?#[]%41/..x//y"),
    signed(
      { ...put, extensionHeaders: { "x-goog-content-sha256": "ab".repeat(32) } },
      { "content-type": "video/mp4", "x-goog-content-sha256": "ab".repeat(32) },
    ),
    signed({ extensionHeaders: { "x-goog-meta-note": "a  b " } }, { "x-goog-meta-note": " a    b" }),
  ];
  for (const request of await Promise.all(requests)) assert.equal(await check(request), SIGNER);
});

test("the host may have been signed with its port, and is then bound to it", async () => {
  const signed = signByHand("GET", HOST, "/b/o", SIGNED_AT);
  const [rawPath = "", rawQuery = ""] = signed.split("?");
  const request = { method: "GET", rawPath, rawQuery };
  assert.equal(await check({ ...request, headers: new Map([["host", [HOST]]]) }), SIGNER);
  for (const host of ["127.0.0.1", "127.0.0.1:80", "evil.example:4443"]) {
    await assert.rejects(check({ ...request, headers: new Map([["host", [host]]]) }), mismatch);
  }
});

test("any other method, path, query or header value is refused, with what was computed", async () => {
  const range = { "x-goog-content-length-range": "1,10" };
  const headers = { "content-type": "video/mp4", ...range };
  const request = await signed(
    { action: "write", contentType: "video/mp4", extensionHeaders: range, queryParams: { generation: "1" } },
    headers,
  );
  assert.equal(await check(request), SIGNER);
  const { rawPath, rawQuery } = request;
  const flipped = rawQuery.replace(
    /(X-Goog-Signature=)(.)/,
    (_, name, digit) => name + (digit === "0" ? "1" : "0"),
  );
  const changes: Partial<SignedRequest>[] = [
    { method: "GET" },
    { method: "put" },
    { rawPath: `${rawPath}x` },
    { rawPath: rawPath.replace("the-bucket", "the-other") },
    { rawPath: `/${rawPath}` },
    { rawQuery: rawQuery.replace("generation=1", "generation=2") },
    { rawQuery: rawQuery.replace("generation=1&", "") },
    { rawQuery: `${rawQuery}&generation=1` },
    { rawQuery: `${rawQuery}&response-content-type=text%2Fhtml` },
    { rawQuery: rawQuery.replace(/X-Goog-Expires=\d+/, "X-Goog-Expires=604800") },
    { rawQuery: rawQuery.replace("%2Fauto%2F", "%2Feurope%2F") },
    { rawQuery: flipped },
    { rawQuery: rawQuery.replace(/X-Goog-Signature=\w+/, "X-Goog-Signature=00") },
    { headers: new Map([...request.headers, ["content-type", ["text/html"]]]) },
    { headers: new Map([...request.headers, ["x-goog-content-length-range", ["1,9999999"]]]) },
    { headers: new Map([...request.headers, ["content-type", ["video/mp4", "text/html"]]]) },
  ];
  for (const change of changes) await assert.rejects(check({ ...request, ...change }), mismatch);
  await check({ ...request, method: "GET" }).catch((error: StorageError) => {
    assert.match(error.refusal.elements?.CanonicalRequest ?? "", /^GET\n\/the-bucket\/a\/b\.mp4\n/);
    assert.ok(error.refusal.elements?.StringToSign?.startsWith(`GOOG4-RSA-SHA256\n${STAMP}\n`));
  });
});

test("another spelling of the same path and query is the same request", async () => {
  const request = await signed({ responseDisposition: "a b" }, {}, "a~b");
  const respelt = {
    ...request,
    rawPath: request.rawPath.replace("~", "%7e"),
    rawQuery: request.rawQuery.replace("a%20b", "a+b").split("&").toReversed().join("&"),
  };
  assert.equal(await check(respelt), SIGNER);
});

test("a signed header not sent and an x-goog header not signed are refused", async () => {
  const request = await signed(
    { action: "write", contentType: "video/mp4" },
    { "content-type": "video/mp4" },
  );
  const without = new Map(request.headers);
  without.delete("content-type");
  await assert.rejects(check({ ...request, headers: without }), malformed);
  const more = new Map([...request.headers, ["x-goog-acl", ["public-read"]]]);
  await assert.rejects(check({ ...request, headers: more }), malformed);
  const unsignedHost = request.rawQuery.replace("content-type%3Bhost", "content-type");
  await assert.rejects(check({ ...request, rawQuery: unsignedHost }), malformed);
});

test("a URL works from 15 minutes before its date until its very last second", async () => {
  const request = await signed();
  const seconds = Number(/X-Goog-Expires=(\d+)/.exec(request.rawQuery)?.[1]);
  const at = (ms: number) => check(request, new Date(SIGNED_AT.getTime() + ms));
  assert.equal(await at(seconds * 1000), SIGNER);
  await assert.rejects(at(seconds * 1000 + 1), refusal(400, "ExpiredToken"));
  assert.equal(await at(-15 * 60_000), SIGNER);
  await assert.rejects(at(-15 * 60_000 - 1), refusal(403, "RequestTimeTooSkewed"));
});

test("an unknown key and another's key don't count", async () => {
  const request = await signed();
  const unknown = verifySignature(request, SIGNED_AT, () => undefined);
  await assert.rejects(unknown, refusal(403, "AccessDenied"));
  const { publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  await assert.rejects(
    verifySignature(request, SIGNED_AT, async () => publicKey),
    mismatch,
  );
});

test("parameters that are missing or can't be read are named", async () => {
  const request = await signed();
  const damaged: [string, RegExp | string, string][] = [
    ["algorithm", "GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256"],
    ["credential", "goog4_request", "aws4_request"],
    ["credential", /%2F\d{8}%2F/, "%2F20010101%2F"],
    ["date", STAMP, "2026-03-01"],
    ["date", STAMP, "20261332T990000Z"],
    ["expires", /X-Goog-Expires=\d+/, "X-Goog-Expires=604801"],
    ["expires", /X-Goog-Expires=\d+/, "X-Goog-Expires=0"],
    ["expires", /X-Goog-Expires=\d+/, "X-Goog-Expires=1e3"],
    ["signature", /X-Goog-Signature=\w+/, "X-Goog-Signature=xyz"],
    ["signature", /&X-Goog-Signature=\w+/, ""],
    ["signedheaders", /X-Goog-SignedHeaders=host/, "X-Goog-SignedHeaders="],
  ];
  for (const [name, from, to] of damaged) {
    const rawQuery = request.rawQuery.replace(from, to);
    assert.notEqual(rawQuery, request.rawQuery);
    await assert.rejects(check({ ...request, rawQuery }), (error: unknown) => {
      malformed(error);
      assert.equal((error as StorageError).refusal.elements?.ParameterName, name); // malformed() has checked
      return true;
    });
  }
});
