/** Asks for what a URL names, at addresses that have been found to be public. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { isPublicAddress } from "#shared/platform/net/publicAddress.ts";
import { literalIn, publicUrl } from "#shared/platform/net/publicUrl.ts";
import { FetchError } from "./fetchError.ts";
import type { FetchLimits } from "./limits.ts";
import type { Network } from "./network.ts";

const MAX_REDIRECTS = 3;
/** A name may have more; they are checked, and not tried. */
const MAX_ADDRESSES = 4;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** All that is sent beside the host: no cookie, no credentials, nothing of the person. */
const HEADERS = {
  accept: "*/*",
  "accept-encoding": "identity",
  "user-agent": "Reverie-outbound/1",
  connection: "close",
} as const;

/**
 * Asks for what a URL names, over at most three redirects, each checked like the first. Settings of a proxy in the environment are not
 * looked at, since no agent is used.
 * @param signal ends all of it
 * @returns the answer that is no redirect, its body unread; destroying it closes the connection
 * @throws FetchError; what `signal` was aborted with
 */
export async function openUrl(
  text: string,
  network: Network,
  limits: Pick<FetchLimits, "firstByte" | "connection">,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = publicUrl(text);
  for (let redirects = 0; ; redirects++) {
    if (!url) throw new FetchError("url_not_public");
    const answer = await ask(url, network, limits, signal);
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.statusCode ?? 0) || location === undefined) return answer;
    answer.destroy();
    if (redirects === MAX_REDIRECTS) throw new FetchError("url_redirects");
    url = publicUrl(location, url);
  }
}

/** One request, from the look-up to the last header of the answer. */
async function ask(
  url: URL,
  network: Network,
  { firstByte, connection }: Pick<FetchLimits, "firstByte" | "connection">,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return withDeadline(firstByte, signal, async (deadline) => {
    const addresses = await publicAddresses(url, network, deadline);
    for (const address of addresses.slice(0, MAX_ADDRESSES)) {
      const socket = await withDeadline(connection, deadline, (soon) =>
        connectTo(address, url, network, soon),
      ).catch(() => undefined);
      deadline.throwIfAborted();
      if (socket) return await answerOver(socket, url, deadline);
    }
    throw new FetchError("url_unreachable", { mayPass: true });
  });
}

/**
 * The addresses that the host has. If any of them isn't public, none is connected to: a name that has one of each would lead to the other
 * the next time.
 */
async function publicAddresses(url: URL, network: Network, signal: AbortSignal): Promise<readonly string[]> {
  const literal = literalIn(url);
  const addresses = literal === undefined ? await found(url.hostname, network, signal) : [literal];
  if (!addresses.every(isPublicAddress)) throw new FetchError("url_not_public");
  return addresses;
}

async function found(name: string, network: Network, signal: AbortSignal): Promise<readonly string[]> {
  const unreachable = () => new FetchError("url_unreachable", { mayPass: true });
  const looking = network.lookUp(name).catch(() => {
    throw unreachable();
  });
  return Promise.race([looking, aborted(signal)]);
}

/** A connection to this very address, with TLS in the name of the URL's host. */
async function connectTo(
  address: string,
  url: URL,
  network: Network,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const literal = literalIn(url);
  const name = url.hostname.replace(/\.$/, "");
  const raw = network.connect(address);
  const socket = connect({
    socket: raw,
    host: literal ?? name, // what the certificate has to name
    ...(literal === undefined ? { servername: name } : {}),
    ...(network.authorities === undefined ? {} : { ca: network.authorities }),
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: true,
  });
  try {
    await once(socket, "secureConnect", { signal });
    return socket;
  } catch (error) {
    socket.on("error", ignore);
    socket.destroy();
    raw.destroy();
    throw error;
  }
}

async function answerOver(socket: TLSSocket, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const asking = request({
    method: "GET",
    host: url.hostname,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...HEADERS },
    createConnection: () => socket,
  });
  asking.end();
  try {
    const [answer]: [IncomingMessage] = (await once(asking, "response", { signal })) as [IncomingMessage]; // what Node documents
    asking.on("error", ignore); // the body's reader hears of it
    return answer;
  } catch {
    asking.on("error", ignore);
    asking.destroy();
    socket.destroy();
    signal.throwIfAborted();
    throw new FetchError("url_unreachable", { mayPass: true });
  }
}

/** Does work with a signal that ends with the outer one, or at the deadline, which is `url_unreachable`. */
async function withDeadline<T>(
  seconds: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new FetchError("url_unreachable", { mayPass: true })),
    seconds * 1000,
  );
  try {
    return await work(AbortSignal.any([outer, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function ignore(): void {}
