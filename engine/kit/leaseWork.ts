import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#shared/platform/clock.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { traceOfHeaders, withTrace } from "#shared/platform/trace.ts";
import {
  type CompletedFile,
  type EngineClient,
  GatewayRefusedError,
  isLeaseLost,
  type Lease,
  type SignedUpload,
  worthAnotherCall,
} from "./client.ts";
import { crc32cOfFile } from "./crc32c.ts";
import { keepLease, type Progress } from "./keepLease.ts";
import { retrying } from "./retry.ts";
import { download, TransferRefusedError, upload } from "./transfer.ts";
import { type Work, WorkError, type WorkFile, type WorkResult } from "./work.ts";

export interface LeaseWorkDeps {
  readonly client: EngineClient;
  /** What is done for each kind of job. */
  readonly work: ReadonlyMap<string, Work>;
  readonly log: Logger;
  /** An existing directory; each lease gets a directory in it, which is removed at the end. */
  readonly workDir: string;
  readonly leaseSeconds: number;
  readonly clock: Clock;
  /** Aborted when the engine has to stop: the lease is given back. */
  readonly stopping: AbortSignal;
}

/** How a lease ended: `dropped` when it was lost or cancelled, `released` when the engine had to stop. */
export type LeaseEnd = "completed" | "failed" | "dropped" | "released";

/** How the name of a lease's directory begins. */
export const LEASE_DIRECTORY = "lease-";

/** What part of the whole is over when the inputs are here, and when the results are made. */
const FETCHED = 0.08;
const MADE = 0.95;

/**
 * Does the work of one lease from its inputs to its completion, renewing it meanwhile. Never rejects: what goes wrong is reported to
 * the gateway, or logged when the lease is lost.
 */
export function workOnLease(lease: Lease, deps: LeaseWorkDeps): Promise<LeaseEnd> {
  const trace = traceOfHeaders((name) => (name === "traceparent" ? lease.traceparent : undefined));
  return withTrace(trace, () => workUnderTrace(lease, deps));
}

async function workUnderTrace(lease: Lease, deps: LeaseWorkDeps): Promise<LeaseEnd> {
  const { leaseId, job } = lease;
  const log = deps.log.with({ jobId: job.id, kind: job.kind, attempt: job.attempt });
  log.info("lease_taken", { inputs: Object.keys(lease.inputs) });
  const progress: Progress = { fraction: 0, stage: "fetching" };
  using kept = keepLease(lease, progress, { ...deps, log });
  const signal = AbortSignal.any([kept.lost, deps.stopping]);
  let directory: string | undefined;
  try {
    directory = await mkdtemp(join(deps.workDir, LEASE_DIRECTORY));
    const made = await make(lease, directory, progress, signal, { ...deps, log });
    progress.stage = "delivering";
    const sums = await deliver(lease, made, deps.client, signal);
    progress.fraction = 1;
    // From here on a renewal could only hear that its own completion ended the lease.
    kept[Symbol.dispose]();
    const result = { files: sums, ...(made.data ? { data: made.data } : {}) };
    await retrying({ ...persistent, signal }, () => deps.client.complete(leaseId, result));
    log.info("lease_completed", { files: made.files.length });
    return "completed";
  } catch (error) {
    return await giveUp(leaseId, error, { ...deps, log, lost: kept.lost });
  } finally {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}

async function make(
  lease: Lease,
  directory: string,
  progress: Progress,
  signal: AbortSignal,
  deps: LeaseWorkDeps,
): Promise<WorkResult> {
  const { kind, params, attempt } = lease.job;
  const work = deps.work.get(kind);
  if (!work) throw new Error(`this engine has no work for the kind ${kind}`);
  const inputs = await fetchInputs(lease, directory, progress, signal);
  const outDir = join(directory, "results");
  await mkdir(outDir);
  return await work({
    kind,
    inputs,
    params,
    attempt,
    outDir,
    signal,
    log: deps.log,
    onProgress: (fraction, stage) => {
      progress.fraction = FETCHED + (MADE - FETCHED) * fraction;
      progress.stage = stage;
    },
  });
}

async function fetchInputs(
  lease: Lease,
  directory: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const roles = Object.entries(lease.inputs);
  const total = roles.reduce((sum, [, { size }]) => sum + size, 0);
  const paths: Record<string, string> = {};
  let before = 0;
  for (const [index, [role, input]] of roles.entries()) {
    const path = join(directory, `input-${index}`);
    await download(input, path, signal, (received) => {
      progress.fraction = total > 0 ? (FETCHED * (before + received)) / total : 0;
    });
    before += input.size;
    paths[role] = path;
  }
  return paths;
}

const persistent = { attempts: 8, baseSeconds: 0.5, maxSeconds: 30, worthwhile: worthAnotherCall };

/** Puts the files where the gateway wants them; gives their checksums. */
async function deliver(
  { leaseId }: Lease,
  { files }: WorkResult,
  client: EngineClient,
  signal: AbortSignal,
): Promise<readonly CompletedFile[]> {
  const wanted = files.map(({ name, contentType, size }) => ({ name, contentType, size }));
  const ask = () => retrying({ ...persistent, signal }, () => client.outputs(leaseId, wanted));
  let signed = await ask();
  const sums: CompletedFile[] = [];
  for (const file of files) {
    const role = file.role === undefined ? {} : { role: file.role };
    sums.push({ name: file.name, crc32c: await crc32cOfFile(file.path), ...role });
    try {
      await upload(file.path, signedFor(file, signed), signal);
    } catch (error) {
      // A signature may have run out while the files before it were on their way.
      if (!(error instanceof TransferRefusedError) || (error.status !== 400 && error.status !== 403))
        throw error;
      signed = await ask();
      await upload(file.path, signedFor(file, signed), signal);
    }
  }
  return sums;
}

function signedFor(file: WorkFile, signed: readonly SignedUpload[]): SignedUpload {
  const found = signed.find(({ name }) => name === file.name);
  if (!found) throw new Error(`the gateway signed no upload for ${file.name}`);
  return found;
}

/** Reports to the gateway what became of the lease, unless the lease is lost. */
async function giveUp(
  leaseId: string,
  error: unknown,
  deps: LeaseWorkDeps & { readonly lost: AbortSignal },
): Promise<LeaseEnd> {
  const { client, log } = deps;
  if (deps.lost.aborted || isLeaseLost(error)) {
    log.warn("lease_dropped", { reason: String(deps.lost.reason ?? "lease_lost") });
    return "dropped";
  }
  const stopped = deps.stopping.aborted;
  const why = explain(error);
  if (!stopped) log.warn("work_failed", { code: why.code, error });
  try {
    // An engine that stops has little time left; the lease's own end does the same a little later.
    const rules = stopped ? { ...persistent, attempts: 2 } : { ...persistent, signal: deps.stopping };
    await retrying(rules, () => (stopped ? client.release(leaseId) : client.fail(leaseId, why)));
    return stopped ? "released" : "failed";
  } catch (refused) {
    log.warn("lease_dropped", { error: refused });
    return "dropped";
  }
}

/** The codes of failures that are not the work's own. They may pass, so the job is tried again while it has attempts left. */
export const KIT_FAILURES = {
  transfer_refused: "The files could not be fetched or delivered.",
  engine_trouble: "The engine had a problem of its own.",
} as const;

function explain(error: unknown): { code: string; message: string; retryable: boolean } {
  if (error instanceof WorkError) {
    const { code, message, retryable } = error;
    return { code, message, retryable };
  }
  if (error instanceof TransferRefusedError || (error instanceof GatewayRefusedError && error.status < 500)) {
    return passing("transfer_refused");
  }
  return passing("engine_trouble");
}

function passing(code: keyof typeof KIT_FAILURES): { code: string; message: string; retryable: boolean } {
  return { code, message: KIT_FAILURES[code], retryable: true };
}
