/**
 * What stands in front of Firebase Hosting in production and not in its emulator: the caller's address is appended to X-Forwarded-For,
 * every cookie but `__session` is dropped, a function's answers vary by cookie, are held back until they end and are cut after a minute, and
 * a function gets only so many requests at a time that its instances can serve them. It also plays the function's own address, where a caller may come by as well.
 */
import { randomUUID } from "node:crypto";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { LOOPBACK } from "#local/processes/ports.ts";
import { createPlaces, type Places } from "./places.ts";

export interface FrontOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** The port of the Hosting emulator. */
  readonly target: number;
  /** The function that a path leads to; undefined for a static file. */
  readonly functionOf: (path: string) => string | undefined;
  /**
   * Requests that one function gets at a time; others wait. The functions emulator starts a process for each, which takes a second of CPU
   * and 150 MB. A response that turns out to be an event stream doesn't count any more.
   */
  readonly atOnce: number;
  /** Through Hosting, unless said otherwise; or at the function's own address, whose front end appends one entry and changes nothing else. */
  readonly way?: "hosting" | "function";
  /** Is put before each path: where the target has the function that this front is the address of. */
  readonly prefix?: string;
  /** After this time Hosting gives a function's answer up; a minute unless said otherwise. */
  readonly cutMilliseconds?: number;
}

export interface Front {
  readonly port: number;
  close(): Promise<void>;
}

/** Hosting appends the caller's address, and the function's own front end then Hosting's; this is one of those. */
const HOSTING_ADDRESS = "199.36.158.100";

/** https://firebase.google.com/docs/hosting/functions: a request that a function answers ends after a minute, with 504. */
const CUT_MILLISECONDS = 60_000;

/** Headers of one connection, not of the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that announce a body. */
const BODY_HEADERS = new Set(["content-length", "transfer-encoding"]);

/** @throws the listen error as Node gives it */
export async function startFront(options: FrontOptions): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const places = new Map<string, Places>();
  const placesOf = (name: string) => {
    const known = places.get(name) ?? createPlaces(options.atOnce);
    places.set(name, known);
    return known;
  };

  const server = createServer((incoming, outgoing) => {
    const leaving = new AbortController();
    outgoing.once("close", () => leaving.abort());
    if (!isServable(pathOf(incoming))) {
      refuse(outgoing, 400, "The request is malformed", "the path can't be read");
      return;
    }
    const name = options.functionOf(pathOf(incoming));
    const place = name === undefined ? Promise.resolve(() => {}) : placesOf(name).take(leaving.signal);
    place.then(
      (giveBack) =>
        forward(incoming, outgoing, {
          port: options.target,
          agent,
          giveBack,
          prefix: options.prefix ?? "",
          hosting: options.way !== "function",
          // Static files are Hosting's own.
          cutMilliseconds:
            name === undefined || options.way === "function"
              ? undefined
              : (options.cutMilliseconds ?? CUT_MILLISECONDS),
        }),
      () => outgoing.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, LOOPBACK, () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  return {
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

function pathOf(incoming: IncomingMessage): string {
  return (incoming.url ?? "/").split("?")[0] ?? "/";
}

/** The Hosting emulator looks every path up as a file and answers 500, or tells its functions, where Hosting refuses. */
function isServable(path: string): boolean {
  try {
    const segments = decodeURIComponent(path).split("/");
    return path.startsWith("/") && segments.every((segment) => Buffer.byteLength(segment) <= 255);
  } catch {
    return false;
  }
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  to: {
    readonly port: number;
    readonly agent: Agent;
    readonly giveBack: () => void;
    readonly prefix: string;
    readonly hosting: boolean;
    /** Undefined for what Hosting doesn't cut, which is no function's answer through it. */
    readonly cutMilliseconds: number | undefined;
  },
): void {
  if (to.cutMilliseconds !== undefined) {
    const cut = setTimeout(() => {
      refuse(outgoing, 504, "Gateway Timeout", "the function took longer than Hosting waits");
    }, to.cutMilliseconds);
    outgoing.once("close", () => clearTimeout(cut));
  }
  outgoing.once("close", to.giveBack);
  const onward = request({
    host: LOOPBACK,
    port: to.port,
    agent: to.agent,
    method: incoming.method ?? "GET",
    path: `${to.prefix}${incoming.url ?? "/"}`,
    headers: headersOnward(incoming, to.hosting),
    setDefaultHeaders: false,
  });
  onward.once("response", (answer) => {
    const headers = answer.rawHeaders.filter(
      (_, index, all) => !HOP_BY_HOP.has((all[index - (index % 2)] ?? "").toLowerCase()),
    );
    if (outgoing.headersSent || outgoing.destroyed) return;
    const status = answer.statusCode ?? 502;
    if (isEventStream(answer)) to.giveBack();
    if (to.cutMilliseconds !== undefined) {
      sendAtItsEnd(answer, outgoing, status, varyingByCookie(headers));
      return;
    }
    outgoing.writeHead(status, headers);
    if (isEventStream(answer)) outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.once("error", () => outgoing.destroy());
  });
  onward.once("error", () => refuse(outgoing, 502, "Bad Gateway", "the origin can't be reached"));
  outgoing.once("close", () => onward.destroy());
  if (mayHaveBody(incoming)) {
    incoming.pipe(onward);
  } else {
    onward.end();
    incoming.resume();
  }
}

function isEventStream({ headers }: IncomingMessage): boolean {
  return headers["content-type"]?.startsWith("text/event-stream") ?? false;
}

/** Hosting holds a function's answer back until it ends. */
function sendAtItsEnd(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  headers: readonly string[],
): void {
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => chunks.push(chunk));
  answer.once("end", () => {
    if (outgoing.headersSent || outgoing.destroyed) return;
    outgoing.writeHead(status, [...headers]);
    outgoing.end(Buffer.concat(chunks));
  });
  answer.once("error", () => refuse(outgoing, 502, "Bad Gateway", "the function broke its answer off"));
}

/** The Hosting emulator passes on that a GET has a body, but not the body, and its function would wait for it. */
function mayHaveBody({ method }: IncomingMessage): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Pairs of names and values as they came, but for what a front end changes. */
function headersOnward(incoming: IncomingMessage, hosting: boolean): string[] {
  const onward: string[] = [];
  const forwardedFor: string[] = [];
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    const name = incoming.rawHeaders[index] ?? "";
    const value = incoming.rawHeaders[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "x-forwarded-for") forwardedFor.push(value);
    else if (lower === "cookie" && hosting) onward.push(...sessionCookie(name, value));
    else if (BODY_HEADERS.has(lower) && !mayHaveBody(incoming)) continue;
    else if (lower === "transfer-encoding" || !HOP_BY_HOP.has(lower)) onward.push(name, value);
  }
  const caller = incoming.socket.remoteAddress ?? LOOPBACK;
  onward.push("x-forwarded-for", [...forwardedFor, caller, ...(hosting ? [HOSTING_ADDRESS] : [])].join(", "));
  return onward;
}

/** Pairs of names and values in which `Vary` has `cookie`, as Hosting answers for functions. */
function varyingByCookie(headers: readonly string[]): string[] {
  const varied: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const [name = "", value = ""] = headers.slice(index, index + 2);
    if (name.toLowerCase() === "vary") varied.push(value);
    else rest.push(name, value);
  }
  if (!varied.some((value) => /(^|,) *(cookie|\*) *(,|$)/i.test(value))) varied.push("cookie");
  return [...rest, "vary", varied.join(", ")];
}

/** The one cookie that Hosting lets through (https://firebase.google.com/docs/hosting/manage-cache#using_cookies). */
function sessionCookie(name: string, value: string): string[] {
  const kept = value.split(/; */).find((cookie) => cookie.trim().startsWith("__session="));
  return kept === undefined ? [] : [name, kept];
}

function refuse(outgoing: ServerResponse, status: number, title: string, detail: string): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  const code = status === 400 ? "invalid_request" : "unavailable";
  const problem = { type: `/docs#problem-${code}`, title, status, detail, code, requestId: randomUUID() };
  outgoing.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
}
