/** How a stand-in's HTTP server starts and stops. */
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";

export interface ServeOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** Loopback unless said otherwise: stand-ins hand tokens to anyone who asks. */
  readonly host?: string;
}

export interface Served {
  /** `http://host:port`, without a trailing slash. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops listening and cuts what is still open; may be called twice. */
  readonly close: () => Promise<void>;
}

/**
 * Listens, then builds the app: a stand-in that names itself (an issuer, a token address) knows its port only once it listens.
 * @throws the listen error as Node gives it (`EADDRINUSE` and so on)
 */
export async function serve(options: ServeOptions, build: (url: string) => Hono): Promise<Served> {
  const host = options.host ?? "127.0.0.1";
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
  const listener = getRequestListener(build(url).fetch);
  server.on("request", (request, response) => {
    // The adaptor answers 500 by itself when the app throws; what is left is a socket that went away.
    listener(request, response).catch(() => response.destroy());
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, host, port: address.port, close };
}

/**
 * Refuses larger bodies with what `refuse` answers. The rest of such a body is never read, so its connection ends there;
 * without saying so the client would send its next request into a closing socket.
 */
export function limitBody(maxSize: number, refuse: (c: Context) => Response): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError: (c) => {
      c.header("connection", "close");
      return refuse(c);
    },
  });
}
