/** Sending a file to a signed URL as a phone does: at once when small, in resumable pieces when large. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { z } from "zod";

export const createdUploadSchema = z.object({
  id: z.string(),
  method: z.literal("PUT"),
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
  resumable: z.object({ url: z.url(), headers: z.record(z.string(), z.string()) }),
});
export type CreatedUpload = z.infer<typeof createdUploadSchema>;

/** Above this a cut connection would cost too much to start over. */
const RESUMABLE_FROM_BYTES = 8 * 1024 * 1024;
/** Pieces of a resumable upload; a multiple of 256 KiB, as Cloud Storage asks. */
const PIECE_BYTES = 4 * 1024 * 1024;
const TRIES_WITHOUT_PROGRESS = 5;

/** Asks for new URLs of the same upload. */
export type Renew = () => Promise<CreatedUpload>;

/** Sends the file; resolves when Cloud Storage has all of it. URLs that have ended meanwhile are renewed, once. */
export async function sendFile(upload: CreatedUpload, file: string, renew: Renew): Promise<void> {
  const { size } = await stat(file);
  if (size >= RESUMABLE_FROM_BYTES) return sendResumable(upload, file, size, renew);
  const response = await renewing(upload, renew, ({ url, method, headers }) =>
    fetch(url, {
      method,
      headers: { ...headers, "content-length": String(size) },
      body: Readable.toWeb(createReadStream(file)) as ReadableStream, // Node's own stream type lacks the DOM's members
      duplex: "half",
    }),
  );
  await accepted(response, "the upload");
}

/** Starts the session of a resumable upload and gives its URI, which is the permission from then on. */
export async function startResumable(upload: CreatedUpload, renew: Renew): Promise<string> {
  const response = await renewing(upload, renew, ({ resumable: { url, headers } }) =>
    fetch(url, { method: "POST", headers }),
  );
  await accepted(response, "the start of a resumable upload");
  const session = response.headers.get("location");
  if (session === null) throw new Error("the start of a resumable upload named no session");
  return session;
}

/** A phone's clock may be wrong, so Cloud Storage is the one to say that a URL has ended. */
async function renewing(
  upload: CreatedUpload,
  renew: Renew,
  send: (upload: CreatedUpload) => Promise<Response>,
): Promise<Response> {
  const response = await send(upload);
  if (response.status !== 400 || !(await response.clone().text()).includes("<Code>ExpiredToken</Code>"))
    return response;
  return send(await renew());
}

async function sendResumable(upload: CreatedUpload, file: string, size: number, renew: Renew): Promise<void> {
  const session = await startResumable(upload, renew);
  await using handle = await open(file);
  let from = 0;
  let failures = 0;
  while (from < size) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - from));
    await handle.read(piece, 0, piece.length, from);
    try {
      const next = await sendPiece(session, piece, from, size);
      failures = next > from ? 0 : failures + 1;
      from = next;
    } catch (error) {
      failures += 1;
      if (failures >= TRIES_WITHOUT_PROGRESS) throw error;
      from = await receivedSoFar(session, size);
    }
    if (failures >= TRIES_WITHOUT_PROGRESS) throw new Error("the resumable upload makes no progress");
  }
}

/** Sends one piece; gives the offset that the next one starts at. */
export async function sendPiece(session: string, piece: Buffer, from: number, size: number): Promise<number> {
  const response = await fetch(session, {
    method: "PUT",
    headers: { "content-range": `bytes ${from}-${from + piece.length - 1}/${size}` },
    body: new Uint8Array(piece),
    redirect: "manual",
  });
  return offsetAfter(response, size);
}

/** Asks a session how much has arrived; the offset to go on from. */
export async function receivedSoFar(session: string, size: number): Promise<number> {
  const response = await fetch(session, {
    method: "PUT",
    headers: { "content-range": `bytes */${size}` },
    redirect: "manual",
  });
  return offsetAfter(response, size);
}

async function offsetAfter(response: Response, size: number): Promise<number> {
  if (response.status === 308) {
    await response.body?.cancel();
    const end = /^bytes=0-(\d+)$/.exec(response.headers.get("range") ?? "")?.[1];
    return end === undefined ? 0 : Number(end) + 1;
  }
  await accepted(response, "the resumable upload");
  return size;
}

async function accepted(response: Response, what: string): Promise<void> {
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${what} was refused: ${response.status} ${/<Code>(\w+)/.exec(text)?.[1] ?? ""}`);
}
