import { z } from "@hono/zod-openapi";
import { idParam } from "#shared/platform/http/idParam.ts";
import { languageHeader } from "#shared/platform/http/language.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Language } from "#shared/platform/language.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { isOpen } from "#shared/queue/jobDocument.ts";
import type { ViewDeps } from "#shared/queue/view.ts";
import { eventStream } from "./eventStream.ts";
import { type OwnJobInput, ownJob } from "./ownJob.ts";
import { isLastEvent, type JobEventMessage, watchJob } from "./watchJob.ts";

type Messages = (signal: AbortSignal) => AsyncGenerator<JobEventMessage>;

/**
 * The changes of a job of the caller's space.
 * @returns undefined when the job has ended and its end was heard: there is nothing to wait for
 * @throws `not_found`
 */
export async function streamJobEvents(
  input: OwnJobInput & { readonly language: Language; readonly lastEventId: string | undefined },
  deps: ViewDeps & { readonly sql: Sql },
): Promise<Messages | undefined> {
  const { id, language, lastEventId } = input;
  const job = await ownJob(input, deps);
  if (lastEventId !== undefined && !isOpen(job) && (await isLastEvent(id, lastEventId, deps.firestore)))
    return undefined;
  return (signal) => watchJob(id, { language, lastEventId }, signal, deps);
}

export const streamJobEventsRoute = route(
  {
    operationId: "streamJobEvents",
    access: "account",
    method: "get",
    path: "/v1/jobs/{id}/events",
    summary: "Watch a job: server-sent events",
    request: {
      params: idParam,
      headers: languageHeader.extend({ "last-event-id": z.string().max(100).optional() }),
    },
    responses: {
      200: {
        description:
          "The job at each change, as event `job`. Ends with the job, or after 25 s; resume with Last-Event-ID.",
        content: { "text/event-stream": { schema: z.string() } },
      },
      204: { description: "The job has ended and its end was heard: there is nothing to wait for." },
    },
    errors: ["not_found"],
  },
  streamJobEvents,
  async (c, perform) => {
    const lastEventId = c.req.valid("header")["last-event-id"];
    const messages = await perform({
      userId: c.var.account.userId,
      language: c.var.language,
      ...c.req.valid("param"),
      lastEventId,
    });
    // 204 makes an EventSource stop asking.
    return messages === undefined ? c.body(null, 204) : eventStream(c, messages);
  },
);
