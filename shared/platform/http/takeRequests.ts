/**
 * Stands in front of functions-framework. The framework reads bodies of any size before it calls a function, answers by itself, with a page of
 * HTML, what it can't parse (JSON with a mistake, an unknown content encoding, a path that doesn't decode), and runs each request in a domain,
 * which turns on hooks for every promise of the process (docs/decisions/0034-requests-pass-the-framework-by.md).
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

type Serve = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

const functions: Serve[] = [];
const taken = new WeakSet<Server>();

/**
 * From here on every request to the framework's server in this process goes to the function itself, with any body, which is unread.
 *
 * Node publishes a request before the server's own listeners see it (`http.server.request.start` in
 * https://nodejs.org/api/diagnostics_channel.html#http). In a deployed function there is one server, the framework's, and one function. Where
 * that isn't so (the functions emulator, which asks its own server for more than the function; a test with several functions), requests take
 * the framework's way, which reads no body that has no type; what the caller sent stays in `rawHeaders`, which the app reads.
 */
export function takeRequests(serve: Serve): void {
  functions.push(serve);
  if (functions.length === 1) subscribe("http.server.request.start", onRequest);
}

function onRequest(message: unknown): void {
  // What Node documents for this channel.
  const { request, server } = message as { request: IncomingMessage; server: Server };
  if (taken.has(server) || !isExpress(server)) return;
  const [serve] = functions;
  // The functions emulator sets this variable: https://firebase.google.com/docs/functions/local-emulator
  if (serve && functions.length === 1 && process.env.FUNCTIONS_EMULATOR !== "true") {
    taken.add(server);
    server.removeAllListeners("request").on("request", serve);
    return;
  }
  delete request.headers["content-type"];
  delete request.headers["content-encoding"];
  request.url = decodableUrl(request.url ?? "/");
}

/** Whether Express answers it, as the framework has it; an application of Express is a function with methods. */
function isExpress(server: Server): boolean {
  return server.listeners("request").some((listener) => "handle" in listener && "engine" in listener);
}

/** The URL itself; where its path isn't percent-encoded UTF-8, its percent signs are taken for themselves, so that it names nothing. */
function decodableUrl(url: string): string {
  const [path = "", ...query] = url.split("?");
  if (!path.includes("%")) return url;
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return [path.replaceAll("%", "%25"), ...query].join("?");
  }
}
