import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { isContentType } from "#shared/platform/media/contentType.ts";
import type { ObjectWriter } from "#shared/platform/storage/objectWriter.ts";
import { adoptTrace } from "#shared/platform/trace.ts";
import type { FetchFailure } from "#shared/uploads/uploadDocument.ts";
import { FetchError } from "./fetchError.ts";
import {
  beginFetch,
  continueFetch,
  endFetch,
  type FetchedUpload,
  type FetchLeaseDeps,
} from "./fetchLease.ts";
import type { Network } from "./network.ts";
import { openUrl } from "./openUrl.ts";
import { readBody, requireFile } from "./readBody.ts";

export interface FetchUploadDeps extends FetchLeaseDeps {
  readonly log: Logger;
  /** Writes into the bucket of uploads. */
  readonly objects: ObjectWriter;
  readonly network: Network;
}

/** What became of it: `over` when nothing was to be done or the fetch was ended in its middle. */
export type FetchOutcome = "fetched" | "over" | FetchFailure;

const BYTES = "application/octet-stream";
/** Why a fetch ends in its middle: its job was cancelled, its space erased, or another fetch has begun. */
const UNWANTED = Symbol("unwanted");

/**
 * Fetches what the URL of an upload names into the upload's object, which `ingest` judges. If that can't be done, the reason is written into the
 * document and an empty object takes the place: its event has `ingest` reject the upload and notify the job. So this function needs no
 * more than to create objects and to write the document.
 *
 * Safe to repeat and to interrupt anywhere. One fetch is under way at a time, and one whose process died is over within the time that it is
 * taken to be alive. The object is created once and whole or not at all; the reason is committed before the empty object is created, and
 * a task that finds the reason creates it again.
 * @throws `unavailable` while another fetch is under way; what the stores throw
 */
export async function fetchUpload(uploadId: string, deps: FetchUploadDeps): Promise<FetchOutcome> {
  const begun = await beginFetch(uploadId, deps);
  if (begun.outcome !== "over") adoptTrace(begun.upload.trace);
  const outcome = await outcomeOf(uploadId, begun, deps);
  deps.log.info("upload_fetched", { uploadId, outcome });
  return outcome;
}

async function outcomeOf(
  uploadId: string,
  begun: Awaited<ReturnType<typeof beginFetch>>,
  deps: FetchUploadDeps,
): Promise<FetchOutcome> {
  if (begun.outcome === "over") return "over";
  const { upload } = begun;
  if (begun.outcome === "failed") {
    await markFailed(upload, deps);
    return upload.source.failure ?? "url_unreachable";
  }
  const { fetchId } = begun;
  try {
    await whileAlive(uploadId, fetchId, deps, (signal) => fetchPatiently(upload, deps, signal));
    return "fetched";
  } catch (error) {
    if (error === UNWANTED) {
      await endFetch(uploadId, fetchId, null, deps);
      return "over";
    }
    if (!(error instanceof FetchError)) {
      // Our side: the task is tried again, and needs not wait until this fetch is taken to be dead.
      await endFetch(uploadId, fetchId, null, deps).catch(() => undefined);
      throw error;
    }
    if (!(await endFetch(uploadId, fetchId, error.failure, deps))) return "over";
    await markFailed(upload, deps);
    return error.failure;
  }
}

async function markFailed({ object }: FetchedUpload, { objects }: FetchUploadDeps): Promise<void> {
  await objects.write(object, Buffer.alloc(0), BYTES);
}

/** Does work with a signal that ends it at the overall limit, and as soon as it is no longer wanted. */
async function whileAlive(
  uploadId: string,
  fetchId: string,
  deps: FetchUploadDeps,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { overall, beat } = deps.limits;
  const end = new AbortController();
  const last = setTimeout(() => end.abort(new FetchError("url_too_slow")), overall * 1000);
  const beats = setInterval(() => {
    continueFetch(uploadId, fetchId, deps).then(
      (goesOn) => {
        if (!goesOn) end.abort(UNWANTED);
      },
      () => undefined, // Firestore is away: the next beat says it, and a beat too many missed lets another begin
    );
  }, beat * 1000);
  try {
    await work(end.signal);
  } finally {
    clearTimeout(last);
    clearInterval(beats);
  }
}

/** Tries again what may pass, a few times. */
async function fetchPatiently(
  upload: FetchedUpload,
  deps: FetchUploadDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const pause of deps.limits.pauses) {
    try {
      return await fetchOnce(upload, deps, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof FetchError && error.mayPass)) throw error;
    }
    await wait(pause, signal);
  }
  try {
    await fetchOnce(upload, deps, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function fetchOnce(
  { source, object, size: maxBytes }: FetchedUpload,
  { network, objects, limits }: FetchUploadDeps,
  signal: AbortSignal,
): Promise<void> {
  const answer = await openUrl(source.url, network, limits, signal);
  try {
    requireFile(answer, maxBytes);
    const declared = answer.headers["content-type"] ?? BYTES;
    const body = Readable.from(readBody(answer, maxBytes, limits, signal), { objectMode: false });
    // False when an earlier fetch made it, whose answer was lost.
    await objects.stream(object, body, isContentType(declared) ? declared : BYTES);
  } finally {
    answer.destroy();
  }
}

function wait(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, seconds * 1000);
    signal.addEventListener("abort", end, { once: true });
  });
}

export const fetchUploadRoute = route(
  {
    operationId: "fetchUpload",
    access: "private",
    method: "post",
    path: "/fetch",
    summary: "Fetch what the URL of an upload names",
    request: { body: jsonBody(z.strictObject({ uploadId: z.string().regex(ID_PATTERN) })) },
    responses: {
      204: { description: "Done, or nothing was to be done; any error has the task tried again." },
    },
    errors: [],
  },
  ({ uploadId }: { uploadId: string }, deps: FetchUploadDeps) => fetchUpload(uploadId, deps),
  async (c, perform) => {
    await perform(c.req.valid("json"));
    return c.body(null, 204);
  },
);
