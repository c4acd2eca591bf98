import type { HttpFunction } from "@google-cloud/functions-framework";
import { getRequestListener } from "@hono/node-server";
import type { App } from "./appEnv.ts";
import { takeBodiesUnparsed } from "./unparsedBodies.ts";

/** The function as functions-framework calls it; the body is unread. */
export function httpFunction(app: App): HttpFunction {
  takeBodiesUnparsed();
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false,
  });
  return async (request, response) => {
    await listener(request, response);
  };
}
