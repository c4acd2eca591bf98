import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { logUnserved } from "./answerError.ts";
import type { App } from "./appEnv.ts";
import { sendAnswer } from "./sendAnswer.ts";
import { takeRequests } from "./takeRequests.ts";
import { Request as ServerRequest } from "./webObjects.ts";

/** The function, for functions-framework; in a deployed one the server calls it without the framework between them. */
export function httpFunction(app: App): HttpFunction {
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request = new ServerRequest(incoming, outgoing);
    // It has what the router and our routes use of a request.
    const response = await app.fetch(request as unknown as Request, { incoming, outgoing });
    await sendAnswer(response, outgoing);
  };
  takeRequests((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error) => answerBroken(error, outgoing));
  });
  return serve;
}

/** What no route has answered, since an answer could not be made or sent. */
function answerBroken(error: unknown, outgoing: ServerResponse): void {
  logUnserved("answer_failed", error);
  if (outgoing.headersSent) outgoing.destroy();
  else outgoing.writeHead(500).end();
}
