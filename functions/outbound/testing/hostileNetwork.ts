/**
 * An Internet for tests: names with addresses as a test says, and behind every address one https server on loopback. The code under test has
 * its real rules; only look-ups are answered here, and connections are led to the server. Each connection that is asked for is noted, by
 * the address that it was asked for.
 */
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import type { Network } from "../network.ts";
import { type Certificate, certificateFor } from "./certificate.ts";

export interface HostileNetwork extends Network {
  /** The addresses that connections were asked for, in order. */
  readonly connections: string[];
  /** The names that were looked up, in order. */
  readonly lookUps: string[];
  /** What the server does; by host. */
  readonly hosts: Map<string, RequestListener>;
  /** The answers of the look-ups of a name, one after the other; the last one stays. A name without any has PUBLIC. */
  readonly names: Map<string, (readonly string[] | Error)[]>;
  /** Addresses that take no connection. */
  readonly silent: Set<string>;
  /** Connections that are open at the server. */
  open(): Promise<number>;
  close(): Promise<void>;
}

/** A public address, behind which is the server. */
export const PUBLIC = "93.184.215.14";
export const PUBLIC_TOO = "2606:2800:21f:cb07:6820:80da:af6b:8b2c";

const NAMES = ["media", "other", "inside", "loop", "slow", ...[0, 1, 2, 3, 4, 5].map((n) => `r${n}`)];

/** @param certificate for NAMES, each with `.example`, and for PUBLIC, unless given */
export async function hostileNetwork(
  certificate: Certificate = certificateFor(
    NAMES.map((name) => `${name}.example`),
    [PUBLIC],
  ),
): Promise<HostileNetwork> {
  const hosts = new Map<string, RequestListener>();
  const answer: RequestListener = (request, response) => {
    const listener = hosts.get(request.headers.host ?? "");
    if (listener) listener(request, response);
    else response.writeHead(404).end();
  };
  const server: Server = createTlsServer(certificate, answer);
  // What the TLS server doesn't take ends there.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  const port = await listen(server);
  const connections: string[] = [];
  const lookUps: string[] = [];
  const names: HostileNetwork["names"] = new Map();
  const silent = new Set<string>();
  const nowhere = createServer();
  const closed = await listen(nowhere);
  await new Promise((resolve) => nowhere.close(resolve));
  return {
    connections,
    lookUps,
    hosts,
    names,
    silent,
    authorities: certificate.cert,
    async lookUp(name) {
      lookUps.push(name);
      const answers = names.get(name) ?? [[PUBLIC]];
      const found = answers.length > 1 ? answers.shift() : answers[0];
      if (found instanceof Error) throw found;
      return found ?? [];
    },
    connect(address) {
      connections.push(address);
      return connect(silent.has(address) ? closed : port, "127.0.0.1");
    },
    open: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        if ("closeAllConnections" in server && typeof server.closeAllConnections === "function")
          server.closeAllConnections();
      });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port; // what Node documents for TCP
}
