/**
 * Stands in front of functions-framework, which reads bodies of any size before it calls a function and answers by itself, with a page of
 * HTML, what it can't parse: JSON with a mistake, a charset such as `utf8`, an unknown content encoding, a path that doesn't decode.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

/**
 * From here on every request to a server of this process reaches its function, with any body, which is unread: the framework reads none that
 * has no type. What the caller sent stays in `rawHeaders`, which the app reads.
 *
 * Node publishes a request before the server's own listeners see it (`http.server.request.start` in
 * https://nodejs.org/api/diagnostics_channel.html#http), and in a deployed function there is one server, the framework's.
 */
export function takeBodiesUnparsed(): void {
  subscribe("http.server.request.start", (message) => {
    // What Node documents for this channel.
    const { request } = message as { request: IncomingMessage };
    delete request.headers["content-type"];
    delete request.headers["content-encoding"];
    request.url = decodableUrl(request.url ?? "/");
  });
}

/** The URL itself; where its path isn't percent-encoded UTF-8, its percent signs are taken for themselves, so that it names nothing. */
function decodableUrl(url: string): string {
  const [path = "", ...query] = url.split("?");
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return [path.replaceAll("%", "%25"), ...query].join("?");
  }
}
