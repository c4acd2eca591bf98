/** A function with one route, which says what it was sent, on the server of functions-framework. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { z } from "@hono/zod-openapi";
import { appOf } from "../app.ts";
import { json, jsonBody } from "../content.ts";
import { httpFunction } from "../function.ts";
import type { HttpDeps } from "../httpDeps.ts";
import { route } from "../route.ts";

const echo = route(
  {
    operationId: "echo",
    access: "public",
    method: "post",
    path: "/v1/echo",
    summary: "Say it again",
    request: { body: jsonBody(z.strictObject({ text: z.string() })) },
    responses: { 200: json(z.object({ text: z.string() }), "The same.") },
    errors: [],
  },
  async (input: { text: string }, _deps: object) => input,
  async (c, perform) => c.json(await perform(c.req.valid("json")), 200),
);

/** @param deps called at the first request */
export function echoFunction(deps: () => { readonly http: HttpDeps }) {
  http("echo", httpFunction(appOf(deps, [echo])));
  const server = getTestServer("echo");
  return {
    server,
    /** @returns the server's origin, on a free port of this machine */
    async listen(): Promise<string> {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      // A TCP server's address is of this shape.
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
  };
}
