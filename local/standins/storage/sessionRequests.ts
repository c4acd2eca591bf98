/** HTTP requests to a resumable session, whichever API it was started through. */
import { body, type Exchange, header, sendEmpty } from "./exchange.ts";
import { uploadCancelled } from "./failure.ts";
import type { ResumableUploads } from "./resumable.ts";
import type { Completed } from "./sessions.ts";
import { contentLength, expectedFromHeaders } from "./uploadHeaders.ts";

/**
 * Takes a piece or a status query. Answers 308 while bytes are missing.
 * @returns what there is to say once the upload is complete; the caller answers then
 * @throws StorageError
 */
export async function continueSession(
  exchange: Exchange,
  id: string,
  resumable: ResumableUploads,
): Promise<Completed | undefined> {
  const { crc32c, md5 } = expectedFromHeaders(exchange);
  const progress = await resumable.put(id, {
    contentRange: header(exchange, "content-range"),
    contentLength: contentLength(exchange),
    expected: { ...(crc32c === undefined ? {} : { crc32c }), ...(md5 === undefined ? {} : { md5 }) },
    body: () => body(exchange),
    cut: () => exchange.request.destroy(),
  });
  if (progress.state === "complete") return progress;
  const { received } = progress;
  exchange.response.statusMessage = "Resume Incomplete";
  sendEmpty(exchange, 308, received === 0 ? {} : { range: `bytes=0-${received - 1}` });
  return undefined;
}

/** @throws StorageError 499 when it worked, as Google answers; 404 */
export async function cancelSession(id: string, resumable: ResumableUploads): Promise<never> {
  await resumable.cancel(id);
  throw uploadCancelled();
}
