import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { languageHeader, languageOf } from "#shared/platform/http/language.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Language } from "#shared/platform/language.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { isOpen } from "#shared/queue/jobDocument.ts";
import { type OwnJobInput, ownJob } from "#shared/queue/ownJob.ts";
import { eventStream, type StreamEvent, type StreamSource } from "./eventStream.ts";
import type { OpenStreams } from "./openStreams.ts";
import { watchEnd } from "./watchEnd.ts";
import { isLastEvent, type WatchDeps, watchJob } from "./watchJob.ts";

export interface StreamDeps extends WatchDeps {
  readonly sql: Sql;
  readonly open: OpenStreams;
}

/**
 * The changes of a job of the caller's space.
 * @returns undefined when the job has ended and its end was heard: there is nothing to wait for
 * @throws `not_found`, also when the caller left the space meanwhile; `token_invalid` when the session has ended
 */
export async function streamJobEvents(
  input: OwnJobInput & {
    readonly sessionId: string;
    readonly language: Language;
    readonly lastEventId: string | undefined;
  },
  deps: StreamDeps,
): Promise<StreamSource | undefined> {
  const { id, userId, sessionId, language, lastEventId } = input;
  const { spaceId, ...job } = await ownJob(input, deps);
  const end = () => watchEnd(deps.sql, { userId, sessionId, spaceId }, deps.clock());
  const ended = await end();
  if (ended === "session_ended") throw errors.tokenInvalid("the session has ended");
  if (ended === "not_a_member") throw errors.notFound();
  if (lastEventId !== undefined && !isOpen(job) && (await isLastEvent(id, lastEventId, deps.firestore)))
    return undefined;
  return {
    events: (signal) => jobEvents(id, { language, lastEventId }, signal, deps),
    mayGoOn: async () => (await end()) === undefined,
    takePlace: () => deps.open.add(userId),
  };
}

async function* jobEvents(...watched: Parameters<typeof watchJob>): AsyncGenerator<StreamEvent> {
  for await (const { id, job } of watchJob(...watched)) yield { id, event: "job", data: job };
}

export const streamJobEventsRoute = route(
  {
    operationId: "streamJobEvents",
    access: "account",
    method: "get",
    path: "/v1/jobs/{id}/events",
    summary: "Watch a job: server-sent events",
    description:
      "The second choice: a phone that can, listens to the job's document in Firestore (POST /v1/auth/firebase-token), which sends a change as it happens and takes no request. Each instance of the function limits its streams, of one account and in all; over a limit the answer is 429 with Retry-After. Ask at the job's `eventsUrl`, where events flow as they happen: the one origin may hold a stream back until its end.",
    request: {
      params: idParam,
      headers: languageHeader.extend({ "last-event-id": z.string().max(100).optional() }),
    },
    responses: {
      200: {
        description:
          "The job at each change, as event `job`. Ends with the job, or after 25 s; resume with Last-Event-ID. Session and membership are checked every 10 s, and the stream ends when one has ended; while the database doesn't answer, the stream goes on until its 25 s are over.",
        content: { "text/event-stream": { schema: z.string() } },
      },
      204: { description: "The job has ended and its end was heard: there is nothing to wait for." },
    },
    errors: ["not_found"],
  },
  streamJobEvents,
  async (c, perform) => {
    const lastEventId = c.req.valid("header")["last-event-id"];
    const { userId, sessionId } = c.var.account;
    const source = await perform({
      userId,
      sessionId,
      language: languageOf(c),
      ...c.req.valid("param"),
      lastEventId,
    });
    // 204 makes an EventSource stop asking.
    return source === undefined ? c.body(null, 204) : eventStream(c.req.raw, c.var.log, source);
  },
);
