/** How often signing asks IAM and the metadata server, and what it does when they fail, counted at stand-ins for both in this process. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { SigningAuth } from "#shared/platform/google/signingAuth.ts";
import { type UrlSigner, urlSigner } from "#shared/platform/storage/urlSigner.ts";

const ACCOUNT = "library@demo.iam.gserviceaccount.com";
const EXPIRES_AT = new Date(Date.now() + 900_000);

const asked: string[] = [];
/** What IAM does instead of signing, one at each call; `drop` breaks the connection. */
let faults: (number | "drop")[] = [];
let running = 0;
let most = 0;
/** Lets IAM answer; open unless a test closes it. */
let opening = Promise.resolve();

const google = createServer(async (request, response) => {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const json = (status: number, body: unknown) =>
    response
      .writeHead(status, { "content-type": "application/json", "metadata-flavor": "Google" })
      .end(JSON.stringify(body));
  if (path.endsWith("/token")) return json(200, { access_token: "token", expires_in: 3600 });
  if (!path.endsWith(":signBlob")) {
    asked.push(path.split("/").at(-1) ?? "");
    response.writeHead(200, { "metadata-flavor": "Google" });
    return response.end(path.endsWith("/email") ? ACCOUNT : "googleapis.com");
  }
  asked.push("signBlob");
  running += 1;
  most = Math.max(most, running);
  await opening;
  running -= 1;
  const fault = faults.shift();
  if (fault === "drop") return request.socket.destroy();
  return fault === undefined
    ? json(200, { signedBlob: Buffer.from(path).toString("base64") })
    : json(fault, { error: { code: fault, message: "a fault" } });
});

let signer: UrlSigner;
let makeSigner: () => UrlSigner;
before(async () => {
  await new Promise<void>((resolve) => google.listen(0, "127.0.0.1", () => resolve()));
  const address = google.address();
  assert.ok(address !== null && typeof address === "object");
  process.env.GCE_METADATA_HOST = `127.0.0.1:${address.port}`;
  process.env.METADATA_SERVER_DETECTION = "assume-present";
  const settings = {
    GOOGLE_CLOUD_PROJECT: "demo",
    SIGNING_ENDPOINT: `http://127.0.0.1:${address.port}/v1/projects/-/serviceAccounts/`,
  };
  makeSigner = () => urlSigner("bucket", settings, new SigningAuth());
});
beforeEach(() => {
  signer = makeSigner();
  asked.length = 0;
  faults = [];
  most = 0;
});
after(() => {
  google.closeAllConnections();
  google.close();
});

const times = (what: string) => asked.filter((each) => each === what).length;
const sign = (object: string) => signer.signRead(object, "1", EXPIRES_AT);

test("400 URLs are 400 signatures, and the account's address is asked for once", async () => {
  const urls = await Promise.all(Array.from({ length: 400 }, (_, index) => sign(`object-${index}`)));
  assert.equal(new Set(urls).size, 400);
  assert.equal(times("signBlob"), 400);
  assert.equal(times("email"), 1);
});

test("at most 16 signatures are asked for at once, and none is lost", async () => {
  let open = () => {};
  opening = new Promise((resolve) => {
    open = resolve;
  });
  const urls = Promise.all(Array.from({ length: 100 }, (_, index) => sign(`object-${index}`)));
  while (running < 16) await Promise.race([urls, new Promise(setImmediate)]);
  open();
  assert.equal((await urls).length, 100);
  assert.equal(most, 16);
});

test("too many requests, IAM away and a broken connection are asked again", async () => {
  faults = ["drop", 429, 503];
  assert.match(await sign("object"), /X-Goog-Signature=/);
  assert.equal(times("signBlob"), 4);
});

test("a refusal is not asked again; the next URL is signed", async () => {
  faults = [403];
  await assert.rejects(sign("object"));
  assert.equal(times("signBlob"), 1);
  assert.match(await sign("object"), /X-Goog-Signature=/);
});
