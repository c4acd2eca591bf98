/**
 * The parts of the Fetch standard that a server of ours uses, as plain objects. Node's own ones bring its HTTP client with them, which costs a
 * start a fifth of what the framework takes, and each request a stream for a body that is a string. The build puts these in their place in
 * the router, in this folder, in functions and where keys of tokens are fetched (tools/build/webObjects.ts); tests of single routes run with Node's.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

type HeadersGiven = Iterable<readonly [string, string]> | Readonly<Record<string, string>>;
type Content = string | ArrayBuffer | Uint8Array | ReadableStream<Uint8Array> | null;

/** Header fields; names in lower case. Values of one name are joined by a comma, but for `set-cookie`. */
class ServerHeaders {
  readonly #values = new Map<string, string>();
  #cookies: string[] = [];

  constructor(given?: HeadersGiven) {
    if (given === undefined || given === null) return;
    const pairs =
      Symbol.iterator in given ? (given as Iterable<readonly [string, string]>) : Object.entries(given);
    for (const [name, value] of pairs) this.append(name, value);
  }

  get(name: string): string | null {
    const key = name.toLowerCase();
    if (key === "set-cookie") return this.#cookies.length === 0 ? null : this.#cookies.join(", ");
    return this.#values.get(key) ?? null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    const key = name.toLowerCase();
    if (key === "set-cookie") this.#cookies = [value];
    else this.#values.set(key, value);
  }

  append(name: string, value: string): void {
    const key = name.toLowerCase();
    if (key === "set-cookie") {
      this.#cookies.push(value);
      return;
    }
    const known = this.#values.get(key);
    this.#values.set(key, known === undefined ? value : `${known}, ${value}`);
  }

  delete(name: string): void {
    const key = name.toLowerCase();
    if (key === "set-cookie") this.#cookies = [];
    else this.#values.delete(key);
  }

  getSetCookie(): string[] {
    return [...this.#cookies];
  }

  forEach(visit: (value: string, name: string) => void): void {
    for (const [name, value] of this) visit(value, name);
  }

  *entries(): IterableIterator<[string, string]> {
    yield* this.#values;
    for (const cookie of this.#cookies) yield ["set-cookie", cookie];
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

/** An answer whose body stays what it was given as. */
class ServerResponseBody {
  readonly status: number;
  readonly headers: ServerHeaders;
  readonly body: Content;
  /** A body that is no stream can be read again. */
  readonly bodyUsed = false;

  constructor(body: Content = null, init: { status?: number; headers?: HeadersGiven } = {}) {
    this.body = body;
    this.status = init.status ?? 200;
    this.headers = new ServerHeaders(init.headers);
    if (typeof body === "string" && !this.headers.has("content-type"))
      this.headers.set("content-type", "text/plain;charset=UTF-8");
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  async text(): Promise<string> {
    if (typeof this.body === "string") return this.body;
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer | Uint8Array> {
    if (this.body === null) return new Uint8Array();
    if (typeof this.body === "string") return Buffer.from(this.body);
    if (!(this.body instanceof ReadableStream)) return this.body;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.body) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

/** A request as the router reads it. Its body is what `rawBody` holds: `refuseUnreadableBody` has read it. */
class ServerRequest {
  readonly method: string;
  readonly url: string;
  readonly #incoming: IncomingMessage & { rawBody?: unknown };
  readonly #outgoing: ServerResponse;
  #headers: ServerHeaders | undefined;
  #aborting: AbortController | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.method = incoming.method ?? "GET";
    // Routes go by the path alone, so the host that a caller names is not looked at.
    this.url = `http://origin${pathOf(incoming.url ?? "/")}`;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** As they were sent, also those that are hidden from the framework. */
  get headers(): ServerHeaders {
    if (this.#headers) return this.#headers;
    const headers = new ServerHeaders();
    const { rawHeaders } = this.#incoming;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    this.#headers = headers;
    return headers;
  }

  /** Aborted when the caller goes away before the answer is complete. */
  get signal(): AbortSignal {
    if (this.#aborting) return this.#aborting.signal;
    const aborting = new AbortController();
    const outgoing = this.#outgoing;
    const leave = () => {
      if (!outgoing.writableFinished) aborting.abort();
    };
    if (outgoing.destroyed) leave();
    else outgoing.once("close", leave);
    this.#aborting = aborting;
    return aborting.signal;
  }

  get bodyUsed(): boolean {
    return false;
  }

  async arrayBuffer(): Promise<Uint8Array> {
    const { rawBody } = this.#incoming;
    return rawBody instanceof Buffer ? rawBody : new Uint8Array();
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }
}

/** Path and query of a request's target, which may be a whole URL (RFC 9112 section 3.2); `/*` for one that names no path. */
function pathOf(target: string): string {
  if (target.startsWith("/")) return target;
  const url = URL.parse(target);
  return url?.pathname.startsWith("/") ? url.pathname + url.search : "/*";
}

export { ServerHeaders as Headers, ServerRequest as Request, ServerResponseBody as Response };
