/**
 * A small gateway for tests of the engine: hands out the jobs a test prepares, plays the token endpoint and the storage behind
 * signed URLs, and writes down what the engine asked. Answers can be lost on the way or replaced.
 */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { type CryptoKey, importSPKI, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { Crc32c } from "#engine/kit/crc32c.ts";

export interface PreparedJob {
  readonly id: string;
  readonly kind: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Buffer>>;
}

/** One call of the engine: `leases`, `renew`, `outputs`, `complete`, `fail`, `release`, `input` or `put`. */
export interface Call {
  readonly route: string;
  readonly leaseId: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What happens to a call instead of the usual: nothing of it arrives, its answer is lost, or it is answered like this. */
export type Bend = "unheard" | "answer lost" | { readonly status: number; readonly body: unknown };

interface HeldLease {
  readonly id: string;
  readonly job: PreparedJob;
  valid: boolean;
  readonly signed: Map<string, { readonly contentType: string; readonly size: number }>;
  readonly objects: Map<string, Buffer>;
}

const SECRET = new TextEncoder().encode("a secret of the test gateway's, 32 bytes");
const ENGINE = "engine@reverie-test.iam.gserviceaccount.com";

export class TestGateway implements AsyncDisposable {
  readonly calls: Call[] = [];
  /** Those of `calls` that were answered. */
  readonly answered: Call[] = [];
  readonly queue: PreparedJob[] = [];
  /** What completed jobs delivered, by job. */
  readonly results = new Map<
    string,
    { readonly files: ReadonlyMap<string, Buffer>; readonly data: unknown }
  >();
  readonly failures = new Map<string, Readonly<Record<string, unknown>>>();
  /** Asked for each call; may return a promise to hold the call up. */
  bend: (call: Call) => Bend | undefined | Promise<Bend | undefined> = () => undefined;
  cancelRequested = false;
  keyFile = "";
  url = "";
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  readonly #leases = new Map<string, HeldLease>();
  readonly #byKey = new Map<string, unknown>();
  #enginePublicKey: CryptoKey | undefined;
  #tokensMinted = 0;

  /** @param directory takes the engine's key file */
  static async start(directory: string): Promise<TestGateway> {
    const gateway = new TestGateway();
    await new Promise<void>((resolve) => gateway.#server.listen(0, "127.0.0.1", resolve));
    const address = gateway.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    gateway.url = `http://127.0.0.1:${address.port}`;
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    gateway.#enginePublicKey = await importSPKI(publicKey, "RS256");
    gateway.keyFile = join(directory, "engine-key.json");
    const key = { client_email: ENGINE, private_key: privateKey, token_uri: `${gateway.url}/token` };
    await writeFile(gateway.keyFile, JSON.stringify(key));
    return gateway;
  }

  get tokensMinted(): number {
    return this.#tokensMinted;
  }

  calledTimes(route: string): number {
    return this.calls.filter((call) => call.route === route).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBody(request);
    const path = new URL(request.url ?? "/", this.url).pathname;
    if (path === "/token") return this.#token(bytes, response);
    const [, leaseId, action = "leases"] = /^\/v1\/engine\/leases(?:\/([^/]+)\/([a-z]+))?$/.exec(path) ?? [];
    const [, place, id, name = ""] = /^\/(input|put)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    const call: Call = {
      route: place ?? action,
      leaseId: leaseId ?? id,
      idempotencyKey: request.headers["idempotency-key"]?.toString(),
      body: place
        ? { name: decodeURIComponent(name), range: request.headers.range }
        : z.record(z.string(), z.unknown()).parse(JSON.parse(bytes.toString())),
    };
    this.calls.push(call);
    const bend = await this.bend(call);
    if (bend === "unheard") return void response.destroy();
    if (typeof bend === "object") return sendJson(response, bend.status, bend.body);
    const reply = place
      ? this.#storage(call, request, bytes)
      : (await this.#authorised(request))
        ? this.#engineRoute(call)
        : problem(401, "unauthenticated");
    if (bend === "answer lost") return void response.destroy();
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
    this.answered.push(call);
  }

  async #token(bytes: Buffer, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(bytes.toString());
    if (!this.#enginePublicKey) throw new Error("not started");
    const { payload } = await jwtVerify(form.get("assertion") ?? "", this.#enginePublicKey, {
      audience: `${this.url}/token`,
      issuer: ENGINE,
    });
    this.#tokensMinted++;
    const token = await new SignJWT({ email: ENGINE, number: this.#tokensMinted })
      .setProtectedHeader({ alg: "HS256" })
      .setAudience(z.string().parse(payload.target_audience))
      .setExpirationTime("1h")
      .sign(SECRET);
    sendJson(response, 200, { id_token: token });
  }

  async #authorised(request: IncomingMessage): Promise<boolean> {
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    return await jwtVerify(token, SECRET, { audience: this.url }).then(
      () => true,
      () => false,
    );
  }

  #engineRoute(call: Call): Reply {
    if (call.route === "leases") return this.#lease(call);
    const lease = this.#leases.get(call.leaseId ?? "");
    if (!lease?.valid) return problem(409, "lease_lost");
    switch (call.route) {
      case "renew":
        return json({ expiresAt: inAMinute(), cancelRequested: this.cancelRequested });
      case "outputs":
        return json({ files: outputFiles.parse(call.body.files).map((file) => this.#sign(lease, file)) });
      case "complete":
        return this.#complete(lease, call);
      case "fail":
        lease.valid = false;
        this.failures.set(lease.job.id, call.body);
        return json({});
      case "release":
        lease.valid = false;
        this.queue.unshift(lease.job);
        return json({});
      default:
        return problem(404, "not_found");
    }
  }

  #lease(call: Call): Reply {
    const key = call.idempotencyKey ?? "";
    const known = this.#byKey.get(key);
    if (known !== undefined) return json(known);
    const job = this.queue.shift();
    const answer = { leases: job ? [this.#grant(job)] : [] };
    if (job) this.#byKey.set(key, answer);
    return json(answer);
  }

  #grant(job: PreparedJob) {
    const lease = { id: randomUUID(), job, valid: true, signed: new Map(), objects: new Map() };
    this.#leases.set(lease.id, lease);
    const inputs = Object.entries(job.inputs).map(([role, bytes]) => [
      role,
      {
        url: `${this.url}/input/${lease.id}/${role}?signature=x`,
        contentType: "application/octet-stream",
        size: bytes.length,
        crc32c: new Crc32c().update(bytes).base64(),
      },
    ]);
    return {
      leaseId: lease.id,
      expiresAt: inAMinute(),
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      job: { id: job.id, kind: job.kind, title: "A day", params: job.params ?? {}, attempt: 1 },
      inputs: Object.fromEntries(inputs),
    };
  }

  #sign(lease: HeldLease, file: z.infer<typeof outputFiles>[number]) {
    lease.signed.set(file.name, file);
    return {
      name: file.name,
      method: "PUT",
      url: `${this.url}/put/${lease.id}/${encodeURIComponent(file.name)}?signature=x`,
      headers: { "content-type": file.contentType, "x-goog-if-generation-match": "0" },
    };
  }

  #complete(lease: HeldLease, call: Call): Reply {
    for (const { name, crc32c } of completedFiles.parse(call.body.files)) {
      const bytes = lease.objects.get(name);
      const signed = lease.signed.get(name);
      const sound =
        bytes?.length === signed?.size && new Crc32c().update(bytes ?? Buffer.alloc(0)).base64() === crc32c;
      if (!sound) return problem(422, "output_missing");
    }
    this.results.set(lease.job.id, { files: lease.objects, data: call.body.data });
    return json({});
  }

  #storage(call: Call, request: IncomingMessage, bytes: Buffer): Reply {
    const lease = this.#leases.get(call.leaseId ?? "");
    const name = String(call.body.name);
    if (call.route === "input") {
      const input = lease?.job.inputs[name];
      if (!input) return { status: 404 };
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      return { status: from > 0 ? 206 : 200, body: input.subarray(from) };
    }
    const signed = lease?.signed.get(name);
    const asSigned =
      request.method === "PUT" &&
      request.headers["content-type"] === signed?.contentType &&
      request.headers["x-goog-if-generation-match"] === "0";
    if (!lease || !asSigned) return { status: 403 };
    if (lease.objects.has(name)) return { status: 412 };
    lease.objects.set(name, bytes);
    return { status: 200 };
  }
}

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

const outputFiles = z.array(z.object({ name: z.string(), contentType: z.string(), size: z.number() }));
const completedFiles = z.array(z.object({ name: z.string(), crc32c: z.string() }));

function json(body: unknown, status = 200): Reply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

export function problem(status: number, code: string): Reply & { readonly body: string } {
  const body = { type: `/docs#problem-${code}`, title: code, status, detail: code, code, requestId: "test" };
  return { status, headers: { "content-type": "application/problem+json" }, body: JSON.stringify(body) };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function inAMinute(): string {
  return new Date(Date.now() + 60_000).toISOString();
}
