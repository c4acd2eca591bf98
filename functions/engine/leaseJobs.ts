import { z } from "@hono/zod-openapi";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { readTogether } from "#shared/platform/firestore/readTogether.ts";
import { isConflict } from "#shared/platform/firestore/retryConflicts.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { traceparentOf, withTrace } from "#shared/platform/trace.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { type Committed, commitJob } from "#shared/queue/commitJob.ts";
import { perform } from "#shared/queue/effects.ts";
import { accountIdOf, spaceHash } from "#shared/queue/engineRecordDocument.ts";
import { type EngineName, engineRecordReferences } from "#shared/queue/engineRecords.ts";
import { type Pull, pullOf } from "#shared/queue/engines.ts";
import { type Job, jobsOf } from "#shared/queue/jobDocument.ts";
import type { Stored } from "#shared/queue/jobStore.ts";
import { readableEngine } from "#shared/queue/readableEngine.ts";
import { findJob, jobStoreOf } from "#shared/queue/store.ts";
import { holds } from "#shared/queue/transition.ts";
import { type Candidate, candidatesOf, SPARE } from "./candidates.ts";
import type { EngineDeps } from "./deps.ts";
import { type LeasableKinds, leasableKinds, reserveProbe } from "./leasableKinds.ts";
import { type LeaseRef, leaseHash } from "./leaseId.ts";
import { LeaseLedger } from "./leaseLedger.ts";
import { leaseSecondsSchema, textSchema } from "./leaseRoute.ts";
import { checkLeaseSeconds, URL_SECONDS } from "./leaseTimes.ts";

export interface LeaseRequest {
  /** The service account that asks. */
  readonly caller: string;
  readonly key: string | undefined;
  readonly body: {
    readonly engineId: string;
    readonly kinds: readonly string[];
    readonly max: number;
    readonly leaseSeconds: number;
  };
}

export interface LeaseView {
  readonly leaseId: string;
  readonly expiresAt: string;
  /** The engine sends it with each call about this lease, and may name it in its own logs. */
  readonly traceparent: string;
  readonly job: Pick<Job, "kind" | "title" | "params" | "attempt"> & { readonly id: string };
  readonly inputs: Record<string, { url: string; contentType: string; size: number; crc32c: string }>;
}

interface Held {
  readonly jobId: string;
  readonly leaseId: string;
  readonly job: Job;
}

/** How often the line is looked at again when everything found there was taken by others meanwhile. */
const LOOKS = 6;

/**
 * Leases up to `max` jobs of these kinds to an engine, the next in line first; none when no work waits. Each job is claimed by one
 * write that depends on the document being as it was found, so it goes to one engine only. Asking again with the same key, after a
 * crash or a lost answer, gives the leases that are still held, with URLs signed again.
 * @throws `unknown_kind`; `invalid_request` for a length that isn't offered; `idempotency_key_reused`
 */
export async function leaseJobs(request: LeaseRequest, deps: EngineDeps): Promise<LeaseView[]> {
  checkKinds(request, deps);
  checkLeaseSeconds(request.body.leaseSeconds, deps);
  const engine = { accountId: accountIdOf(request.caller), engineId: request.body.engineId };
  const { ledger, records } = await open(request, engine, deps);
  const wasClosed = ledger.closed;
  const held = await stillHeld(ledger, deps);
  const leasable = await leasableKinds(engine, request.body.kinds, records, deps);
  const claims = { request, leasable, ledger, held };
  if (!wasClosed && (await claimAll(claims, deps)) === "overtaken") return leaseJobs(request, deps);
  // The last of all that it asked for has closed the ledger, and noted that it did.
  const isNoted = ledger.closed && !wasClosed;
  if (!isNoted && (await ledger.close(pullAfter(held.length, claims, deps), deps.firestore)) === "overtaken")
    return leaseJobs(request, deps);
  return present(held, deps);
}

/** The request's ledger and the engine's two records, read at once. */
async function open(request: LeaseRequest, engine: EngineName, deps: EngineDeps) {
  const { firestore, randomBytes, log } = deps;
  const opening = { ...request, now: deps.clock() };
  const references = engineRecordReferences(engine, firestore);
  const reference = LeaseLedger.reference(request, firestore);
  const [account, own, snapshot] = reference
    ? await readTogether(firestore, ...references, reference)
    : await readTogether(firestore, ...references);
  return {
    ledger: LeaseLedger.open(snapshot, opening, randomBytes),
    records: [account, own].map((record) => readableEngine(record, log)),
  };
}

/** What is noted of the engine when it holds so many leases. */
function pullAfter(
  held: number,
  { request, leasable }: Pick<Claims, "request" | "leasable">,
  deps: EngineDeps,
): Pull {
  const { engineId, max } = request.body;
  // A kind that it is paused for doesn't count as asked for: other engines are rung for what waits there.
  return pullOf(request.caller, { engineId, kinds: leasable.free, filled: held >= max, now: deps.clock() });
}

const leaseSchema = z
  .object({
    leaseId: z.string().describe("The fencing token: only its holder may change the job."),
    expiresAt: z.iso.datetime(),
    traceparent: z
      .string()
      .describe("W3C Trace Context of the job; send it as a header with each call about this lease."),
    job: z.object({
      id: z.string(),
      kind: z.string(),
      title: z.string(),
      params: z.record(z.string(), z.unknown()),
      attempt: z.number().int(),
    }),
    inputs: z.record(
      z.string(),
      z.object({
        url: z.url(),
        contentType: z.string(),
        size: z.number().int(),
        crc32c: z.string(),
      }),
    ),
  })
  .openapi("Lease");

export const leaseJobsRoute = route(
  {
    operationId: "leaseJobs",
    access: "engine",
    method: "post",
    path: "/v1/engine/leases",
    summary: "Ask for work",
    request: {
      headers: idempotencyHeader,
      body: jsonBody(
        z.strictObject({
          engineId: textSchema(100)
            .min(1)
            .describe("How this engine is known among others; stable while it runs."),
          kinds: z.array(z.string().max(64)).min(1).max(30),
          max: z.number().int().min(1).max(20).describe("How many jobs at most."),
          leaseSeconds: leaseSecondsSchema,
        }),
      ),
    },
    responses: {
      200: json(z.object({ leases: z.array(leaseSchema) }), "The leases; an empty list when no work waits."),
    },
    errors: ["unknown_kind", "idempotency_key_reused"],
  },
  leaseJobs,
  async (c, perform) => {
    const key = c.req.valid("header")["idempotency-key"];
    const request = { caller: c.var.service.email, key, body: c.req.valid("json") };
    return c.json({ leases: await perform(request) }, 200);
  },
);

function checkKinds({ body }: LeaseRequest, deps: EngineDeps): void {
  const index = body.kinds.findIndex((kind) => !deps.kinds.has(kind));
  if (index === -1) return;
  const message = `expected one of ${[...deps.kinds.keys()].join(", ")}`;
  const path = `kinds.${index}`;
  throw errors.unknownKind(`${path}: ${message}`, { issues: [{ path, message }] });
}

/** The leases on the ledger that are valid still. */
async function stillHeld(ledger: LeaseLedger, deps: EngineDeps): Promise<Held[]> {
  const held: Held[] = [];
  for (const ref of ledger.leases) {
    const leaseId = ledger.leaseId(ref);
    const job = await findJob(deps.firestore, ref.jobId);
    if (job && holds(job, leaseHash(leaseId))) held.push({ jobId: ref.jobId, leaseId, job });
  }
  return held;
}

/** A request at work. */
interface Claims {
  readonly request: LeaseRequest;
  readonly leasable: LeasableKinds;
  readonly ledger: LeaseLedger;
  /** What it has. */
  readonly held: Held[];
}

/** What is to be claimed of the head of some lines. */
interface Wanted {
  readonly kinds: readonly string[];
  /** How many leases the request may have then. */
  readonly max: () => Promise<number>;
  /** For a probe: hashes of spaces whose work is tried only where no other waits. */
  readonly failedSpaces?: ReadonlySet<string>;
}

/** Claims what the engine asks for, as far as it may; a single job as a probe where it is paused. */
async function claimAll(claims: Claims, deps: EngineDeps): Promise<"overtaken" | undefined> {
  const { request, leasable, held } = claims;
  const engine = { accountId: accountIdOf(request.caller), engineId: request.body.engineId };
  const before = held.length;
  // Counted where work was found: most requests find none.
  const max = lazy(async () => Math.min(request.body.max, before + (await roomOf(engine.accountId, deps))));
  // First, since work of the other kinds may never end.
  for (const { kind, failedSpaces } of leasable.probes) {
    const waits = held.length < request.body.max && (await candidatesOf([kind], 1, deps)).length > 0;
    if (!waits || held.length >= (await max())) continue;
    if (!(await reserveProbe(engine, kind, deps))) continue;
    const one = held.length + 1;
    const claimed = await claimMore(claims, { kinds: [kind], max: async () => one, failedSpaces }, deps);
    if (claimed === "overtaken") return claimed;
  }
  return claimMore(claims, { kinds: leasable.free, max }, deps);
}

/** How many leases the account may have beside those it holds. Requests at the same time may exceed the limit by what each asks for. */
async function roomOf(accountId: string, { firestore, leasesMax }: EngineDeps): Promise<number> {
  const held = await jobsOf(firestore).where("lease.accountId", "==", accountId).count().get();
  return Math.max(0, leasesMax - held.data().count);
}

/** So that one family's work, which breaks every engine, can't keep an engine paused for all others. */
function othersFirst(candidates: Candidate[], failedSpaces: ReadonlySet<string> = new Set()): Candidate[] {
  const hasFailed = ({ found }: Candidate) => failedSpaces.has(spaceHash(found.content.spaceId));
  return [...candidates.filter((one) => !hasFailed(one)), ...candidates.filter(hasFailed)];
}

/** Adds to `held` until it has enough or nothing waits; `overtaken` when the same request is at work elsewhere. */
async function claimMore(
  claims: Claims,
  { kinds, max, failedSpaces }: Wanted,
  deps: EngineDeps,
): Promise<"overtaken" | undefined> {
  const { request, ledger, held } = claims;
  let lost = false;
  for (let look = 0; look < LOOKS && held.length < request.body.max && kinds.length > 0; look++) {
    const wanted = request.body.max - held.length;
    const spare = lost || failedSpaces ? SPARE : 0;
    const candidates = othersFirst(await candidatesOf(kinds, wanted, deps, spare), failedSpaces);
    if (candidates.length === 0) return undefined;
    const most = await max();
    if (held.length >= most) return undefined;
    while (candidates.length > 0 && held.length < most) {
      // The head of the line first. One that lost it to another engine tries anywhere, or all of these would meet at the next one again.
      const index = lost ? Math.floor(deps.random() * candidates.length) : 0;
      const [candidate] = candidates.splice(index, 1);
      if (!candidate) break;
      const claimed = await claim(candidate, claims, deps);
      if (claimed) held.push(claimed);
      else if (await ledger.overtaken()) return "overtaken";
      else lost = true;
    }
  }
  return undefined;
}

/** Claims one job; undefined when another engine was faster. */
async function claim(
  { jobId, found }: Candidate,
  claims: Claims,
  deps: EngineDeps,
): Promise<Held | undefined> {
  const { request, ledger, held } = claims;
  const ref: LeaseRef = { jobId, leaseNumber: found.content.leaseNumber + 1 };
  const leaseId = ledger.leaseId(ref);
  const claimed = await commitClaim(ref, leaseId, found, claims, deps);
  if (!claimed) return undefined;
  const { job, effects } = claimed;
  const { kind, attempt, leaseNumber } = job;
  withTrace(job.trace, () =>
    deps.log.info("job_leased", { jobId, kind, attempt, leaseNumber, engineId: request.body.engineId }),
  );
  await perform(
    effects.map((effect) => ({ jobId, job, effect })),
    deps,
  );
  // The commit was made and its answer was lost, and with it the ledger's version: it has to be opened again, and has this lease.
  if (claimed.recordVersion === undefined && ledger.isDocument) return undefined;
  ledger.added(ref, claimed.recordVersion, isLast(held, request));
  return { jobId, leaseId, job };
}

/** Whether the next claim is all that is missing: its commit also closes the ledger and notes that the engine asked. */
function isLast(held: readonly Held[], { body }: LeaseRequest): boolean {
  return held.length + 1 >= body.max;
}

/** Depends on the job being as it was found: a conflict isn't tried again, since another job will do. Undefined for one that is lost. */
async function commitClaim(
  ref: LeaseRef,
  leaseId: string,
  found: Stored<Job>,
  claims: Claims,
  deps: EngineDeps,
): Promise<Extract<Committed, { verdict: "changed" }> | undefined> {
  const { request, ledger, held } = claims;
  const { engineId, leaseSeconds: seconds } = request.body;
  const last = isLast(held, request);
  try {
    const committed = await commitJob(
      ref.jobId,
      { type: "lease", hash: leaseHash(leaseId), accountId: accountIdOf(request.caller), engineId, seconds },
      { ...deps, store: jobStoreOf(deps.firestore) },
      {
        found,
        record: async () => ledger.with(ref, last),
        pull: last ? pullAfter(held.length + 1, claims, deps) : undefined,
      },
    );
    return committed.verdict === "changed" ? committed : undefined;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** Signs the inputs. Leases whose URLs can't be signed are given back: an engine that can't begin must not cost an attempt. */
async function present(held: readonly Held[], deps: EngineDeps): Promise<LeaseView[]> {
  const urlsExpireAt = plusSeconds(deps.clock(), URL_SECONDS);
  try {
    return await Promise.all(held.map((lease) => presentOne(lease, urlsExpireAt, deps)));
  } catch (error) {
    for (const { jobId, leaseId } of held) {
      await changeJob(jobId, { type: "release", hash: leaseHash(leaseId) }, deps);
    }
    throw error;
  }
}

async function presentOne({ jobId, leaseId, job }: Held, urlsExpireAt: Date, deps: EngineDeps) {
  const inputs: LeaseView["inputs"] = {};
  for (const [role, { received }] of Object.entries(job.inputs)) {
    if (!received) continue;
    const { object, generation, contentType, size, crc32c } = received;
    const url = await deps.uploads.signRead(object, generation, urlsExpireAt);
    inputs[role] = { url, contentType, size, crc32c };
  }
  const { kind, title, params, attempt } = job;
  return {
    leaseId,
    expiresAt: (job.lease?.until ?? urlsExpireAt).toISOString(),
    traceparent: traceparentOf(job.trace),
    job: { id: jobId, kind, title, params, attempt },
    inputs,
  };
}
