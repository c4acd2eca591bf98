/** What this folder's tests share: a stand-in on a free port, Google's client pointed at it, and plain HTTP. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Storage } from "@google-cloud/storage";
import { type StorageOptions, type StorageStandIn, startStorage } from "./server.ts";

export const SIGNER = "signer@project.iam.gserviceaccount.com";
export const BUCKET = "uploads-test";
export const QUANTUM = 256 * 1024;

/** One key for all suites of a process: making one takes a while. */
export const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** A directory that is removed when the tests are done. */
export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), "storage-test-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Starts a stand-in that knows `SIGNER` and has `BUCKET`, closed when the tests are done. */
export async function start(overrides: Partial<StorageOptions> = {}): Promise<StorageStandIn> {
  const storage = await startStorage({
    port: 0,
    dataDir: overrides.dataDir ?? temporaryDirectory(),
    buckets: [{ name: BUCKET }],
    publicKeys: (email) => (email === SIGNER ? keys.publicKey : undefined),
    ...overrides,
  });
  after(() => storage.close());
  return storage;
}

/** Google's client, unmodified, holding `SIGNER`'s key unless another is given. */
export function client(url: string, privateKey: string = keys.privateKey): Storage {
  process.env.STORAGE_EMULATOR_HOST = url;
  return new Storage({
    projectId: "demo-test",
    credentials: { client_email: SIGNER, private_key: privateKey },
    retryOptions: { autoRetry: false },
  });
}

/**
 * A path and query signed by `SIGNER` as other clients than Google's for Node.js do it: for any method, with the port in the host.
 * @param host `host:port`
 */
export function signByHand(method: string, host: string, path: string, signedAt = new Date()): string {
  const stamp = signedAt.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${stamp.slice(0, 8)}/auto/storage/goog4_request`;
  const query = [
    "X-Goog-Algorithm=GOOG4-RSA-SHA256",
    `X-Goog-Credential=${encodeURIComponent(`${SIGNER}/${scope}`)}`,
    `X-Goog-Date=${stamp}`,
    "X-Goog-Expires=60",
    "X-Goog-SignedHeaders=host",
  ].join("&");
  const canonical = `${method}\n${path}\n${query}\nhost:${host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = `GOOG4-RSA-SHA256\n${stamp}\n${scope}\n${digest}`;
  const signature = sign("RSA-SHA256", Buffer.from(text), keys.privateKey).toString("hex");
  return `${path}?${query}&X-Goog-Signature=${signature}`;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The XML API's `<Code>`. */
  readonly code: string | undefined;
}

/** One request over plain HTTP, sent exactly as said. */
export function http(
  method: string,
  url: string,
  headers: OutgoingHttpHeaders = {},
  body?: Buffer | string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const path = url.slice(url.indexOf("/", "http://".length));
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString("utf8");
        const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes, text, code });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Asks again and again until the answer is there. @throws Error when it isn't within ten seconds */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const found = await ask();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`${what} did not happen`);
}
