import { z } from "@hono/zod-openapi";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { retryConflicts, writeIfUnchanged } from "#shared/platform/firestore/retryConflicts.ts";
import type { EngineBell } from "#shared/platform/google/engineBell.ts";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { type BellDeps, bellDocument, ring, ringTask, workWaits } from "#shared/queue/bell.ts";
import { addressId, type Bell } from "#shared/queue/bellDocument.ts";
import { filledSince } from "#shared/queue/engines.ts";
import { DONE } from "./taskRoute.ts";

export interface RingDeps extends BellDeps {
  readonly bell: EngineBell;
}

export interface RingRound {
  readonly kind: string;
  readonly address: string;
  readonly round: number;
}

/** `again`: this task is to be tried again, by its queue's back-off. */
export type Rung =
  | { readonly outcome: "over" }
  | { readonly outcome: "again"; readonly busy: boolean; readonly retryAfterSeconds?: number | undefined };

/** An engine that said it will pull is looked after, in seconds; each time it did nothing, after twice as long. */
const CHECK_SECONDS = { first: 5, most: 60 };
const OVER: Rung = { outcome: "over" };

/**
 * One round of a bell: rings the engine while work waits. What busy or missing engines need is patience, which is left to the queue's
 * back-off; an engine that said it will pull gets the next round a little later, which looks whether it did. Ends when no work waits
 * or the engine was given all it asked for. (Why no wake-up is lost: `shared/queue/bell.ts`.)
 */
export async function ringEngine({ kind, address, round }: RingRound, deps: RingDeps): Promise<Rung> {
  const target = deps.engines.find((engine) => addressId(engine) === address && engine.kinds.includes(kind));
  if (!target) return OVER; // the settings changed since
  const bell = (await bellDocument(kind, address, deps.firestore).get()).data();
  if (bell?.round !== round) {
    // A crash may have come between the next round's document and its task.
    if (bell?.state === "checking") await deps.tasks.add(ringTask(kind, address, bell.round, bell.dueAt));
    return OVER;
  }
  if (bell.state === "idle") return lastLook(kind, address, deps);
  if (!(await workWaits(kind, deps.firestore))) {
    await becomeIdle({ kind, address, round }, deps);
    return lastLook(kind, address, deps);
  }
  if (await isSatisfied(kind, bell, deps)) {
    await becomeIdle({ kind, address, round }, deps);
    return OVER;
  }
  const rungAt = deps.clock();
  const answer = await deps.bell.wake(target, kind);
  deps.log.info("engine_rung", {
    kind,
    address,
    answer: answer.answer,
    ...(answer.answer === "failed" ? { status: answer.status, error: answer.cause } : {}),
  });
  if (answer.answer === "accepted") {
    await checkLater({ kind, address, round }, bell, rungAt, deps);
    return OVER;
  }
  const retryAfterSeconds = answer.answer === "busy" ? answer.retryAfterSeconds : undefined;
  await write({ kind, address, round }, deps, (current) => ({
    ...current,
    state: "ringing",
    rungAt,
    dueAt: plusSeconds(deps.clock(), retryAfterSeconds ?? 0),
  }));
  return { outcome: "again", busy: answer.answer === "busy", retryAfterSeconds };
}

export const ringEngineRoute = route(
  {
    operationId: "ringEngine",
    access: "private",
    method: "post",
    path: "/ring",
    summary: "Ring an engine while work waits",
    request: {
      body: jsonBody(
        z.strictObject({ kind: z.string(), address: z.string(), round: z.number().int().positive() }),
      ),
    },
    responses: DONE,
    errors: ["rate_limited"],
  },
  (round: RingRound, { ring: ringDeps }: { readonly ring: RingDeps }) => ringEngine(round, ringDeps),
  async (c, perform) => {
    const rung = await perform(c.req.valid("json"));
    if (rung.outcome === "over") return c.body(null, 204);
    const { retryAfterSeconds } = rung;
    const patience = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    if (rung.busy) throw errors.rateLimited("the engine is busy", patience);
    throw errors.unavailable("the engine doesn't answer", patience);
  },
);

/**
 * Whether an engine was given all it asked for since it was last rung: it is awake, and asks again when it is done. A request for
 * work doesn't say from which address it comes, so this can be known only where a kind has a single one.
 */
async function isSatisfied(kind: string, bell: Bell, deps: RingDeps): Promise<boolean> {
  if (bell.rungAt === null) return false;
  if (deps.engines.filter((engine) => engine.kinds.includes(kind)).length > 1) return false;
  return filledSince(kind, bell.rungAt, deps);
}

async function checkLater(at: RingRound, bell: Bell, rungAt: Date, deps: RingDeps): Promise<void> {
  const seconds = Math.min(CHECK_SECONDS.most, CHECK_SECONDS.first * 2 ** bell.ignored);
  const dueAt = plusSeconds(deps.clock(), seconds);
  const next = at.round + 1;
  const began = await write(at, deps, ({ ignored }) => ({
    round: next,
    state: "checking",
    dueAt,
    rungAt,
    ignored: ignored + 1,
  }));
  if (began) await deps.tasks.add(ringTask(at.kind, at.address, next, dueAt));
}

async function becomeIdle(at: RingRound, deps: RingDeps): Promise<void> {
  await write(at, deps, (bell) => ({ ...bell, state: "idle", ignored: 0 }));
}

/** After the bell says idle: what entered before that has relied on this round. */
async function lastLook(kind: string, address: string, deps: RingDeps): Promise<Rung> {
  if (await workWaits(kind, deps.firestore)) await ring(kind, address, deps);
  return OVER;
}

/** Writes the bell unless another round has begun. @returns whether it did */
async function write(
  { kind, address, round }: RingRound,
  deps: RingDeps,
  change: (bell: Bell) => Bell,
): Promise<boolean> {
  return retryConflicts(async () => {
    const snapshot = await bellDocument(kind, address, deps.firestore).get();
    const bell = snapshot.data();
    if (bell?.round !== round) return false;
    await writeIfUnchanged(snapshot, change(bell));
    return true;
  });
}
