import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { emptyIsAbsent } from "#shared/platform/http/cursor.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import { eventStream, type StreamSource } from "./eventStream.ts";
import type { OpenStreams } from "./openStreams.ts";
import { type WatchChangesDeps, watchChanges } from "./watchChanges.ts";
import { watchEnd } from "./watchEnd.ts";

export interface SpaceStreamDeps extends WatchChangesDeps {
  readonly clock: Clock;
  readonly open: OpenStreams;
}

/**
 * The changes of a space that the caller is a member of.
 * @param input.after the number after which they begin
 * @throws `not_found` for a space that isn't there or that this person isn't in; `token_invalid` when the session has ended
 */
export async function streamSpaceEvents(
  input: { userId: string; sessionId: string; id: string; after: number },
  deps: SpaceStreamDeps,
): Promise<StreamSource> {
  const { userId, sessionId, id: spaceId, after } = input;
  const end = () => watchEnd(deps.sql, { userId, sessionId, spaceId }, deps.clock());
  const ended = await end();
  if (ended === "session_ended") throw errors.tokenInvalid("the session has ended");
  if (ended === "not_a_member") throw errors.notFound();
  return {
    events: (signal) => watchChanges({ userId, spaceId, after }, signal, deps),
    mayGoOn: async () => (await end()) === undefined,
    takePlace: () => deps.open.add(userId),
  };
}

const seq = z.coerce.number().int().min(0);

export const streamSpaceEventsRoute = route(
  {
    operationId: "streamSpaceEvents",
    access: "account",
    method: "get",
    path: "/v1/spaces/{id}/events",
    summary: "Watch a space: what changes in it, as server-sent events",
    description:
      "The second choice: a phone that can, listens to `feeds/{id}` in Firestore (POST /v1/auth/firebase-token) and asks for the space's changes when its `seq` rises. The events are those of GET /v1/spaces/{id}/changes. Limits, and where to ask, are as for a job's events.",
    request: {
      params: idParam,
      query: z.object({
        after: emptyIsAbsent(seq.default(0)).describe(
          "The number after which the events begin; 0, or left out, for all changes. Last-Event-ID takes its place.",
        ),
      }),
      headers: z.object({ "last-event-id": emptyIsAbsent(seq.optional()) }),
    },
    responses: {
      200: {
        description:
          "Each change as event `change`, as in the list; its id is its `seq`. Event `reset` when the log doesn't reach back so far: list everything, what changes meanwhile follows. Ends after 25 s; resume with Last-Event-ID. Session and membership are checked every 10 s.",
        content: { "text/event-stream": { schema: z.string() } },
      },
    },
    errors: ["not_found"],
  },
  streamSpaceEvents,
  async (c, perform) => {
    const { userId, sessionId } = c.var.account;
    const after = c.req.valid("header")["last-event-id"] ?? c.req.valid("query").after;
    const source = await perform({ userId, sessionId, ...c.req.valid("param"), after });
    return eventStream(c.req.raw, c.var.log, source);
  },
);
