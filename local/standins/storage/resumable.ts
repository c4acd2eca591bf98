/**
 * Resumable uploads (https://cloud.google.com/storage/docs/performing-resumable-uploads), the same for both APIs. A session's file
 * under `partials/` is what has been received; its length is the only record of it, so that a killed process loses nothing.
 */
import type { FileHandle } from "node:fs/promises";
import { newId } from "./blobs.ts";
import { Checksums, type Expected, verifySize, verifySums } from "./checksums.ts";
import { checkPiece, type Piece, parseContentRange, wholeQuanta } from "./contentRange.ts";
import { objectHeaders } from "./download.ts";
import { invalidArgument, StorageError, uploadCancelled } from "./failure.ts";
import { objectResource } from "./object.ts";
import { type ObjectStorage, type Target, writeAll } from "./objectStorage.ts";
import type { Completed, Session, Terms } from "./sessions.ts";

/** A request to a session. */
export interface SessionRequest {
  readonly contentRange: string | undefined;
  /** Undefined when the sender doesn't know it. */
  readonly contentLength: number | undefined;
  /** Checksums in this request's headers; they are of the whole object. */
  readonly expected: Expected;
  readonly body: () => AsyncIterable<Buffer>;
  /** Cuts the connection. */
  readonly cut: () => void;
}

/** How far a session is. `received` is bytes that need not be sent again. */
export type Progress =
  | { readonly state: "incomplete"; readonly received: number }
  | ({ readonly state: "complete" } & Completed);

/** The request that is writing to a session just now. */
interface Writer {
  offset: number;
  /** Ends the request, if it is still bringing bytes. */
  cut: () => void;
  readonly settled: Promise<void>;
}

type OpenSession = Extract<Session, { state: "open" }>;

export class ResumableUploads {
  readonly #storage: ObjectStorage;
  readonly #writers = new Map<string, Writer>();
  /** Sums of what a session has received, where this process has seen all of it; else they are computed from the file. */
  readonly #checksums = new Map<string, Checksums>();

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
  }

  /** @returns the session's id, which is the permission to write @throws StorageError 400, 404, 412 */
  start(target: Target, expected: Expected, total: number | undefined): string {
    this.#storage.checkTarget(target);
    if (total !== undefined) verifySize(total, expected);
    const { crc32c, md5, lengthRange } = expected;
    const terms: Terms = {
      fields: target.fields,
      conditions: target.conditions,
      expected: {
        ...(crc32c === undefined ? {} : { crc32c }),
        ...(md5 === undefined ? {} : { md5 }),
        ...(lengthRange === undefined ? {} : { lengthRange: [lengthRange[0], lengthRange[1]] }),
      },
      ...(total === undefined ? {} : { total }),
    };
    const id = newId();
    this.#storage.deps.sessions.create(id, target.bucket, target.name, terms, this.#storage.now());
    return id;
  }

  /**
   * Takes a piece, or says how far the session is. A finished session answers as it did when it finished.
   * @throws StorageError as the upload ended, or 400, 404, 499, 503; and what the body throws when the connection is cut
   */
  async put(id: string, request: SessionRequest): Promise<Progress> {
    const asked = parseContentRange(request.contentRange);
    const session = this.#find(id);
    if (session.state !== "open") return ended(session);
    if (asked.kind === "status") {
      const writer = this.#writers.get(id);
      // Asking doesn't disturb who is sending, except when it says that all is there.
      if (writer !== undefined && asked.total !== wholeQuanta(writer.offset)) {
        return { state: "incomplete", received: wholeQuanta(writer.offset) };
      }
    }
    return this.#alone(id, async (writer) => {
      const current = this.#find(id); // it may have ended while we waited
      if (current.state !== "open") return ended(current);
      const file = await this.#storage.deps.blobs.openPartial(id);
      try {
        const piece = asked.kind === "piece" ? asked : undefined;
        return await this.#continue(current, piece, asked.total, request, file, writer);
      } finally {
        await file.close();
      }
    });
  }

  /** Ends the session; nothing of it is left. @throws StorageError 404 */
  async cancel(id: string): Promise<void> {
    this.#find(id);
    await this.#alone(id, async () => {
      this.#storage.deps.sessions.end(id, "cancelled", null);
      await this.#forget(id);
    });
  }

  #find(id: string): Session {
    return this.#storage.deps.sessions.get(id, this.#storage.now());
  }

  /**
   * Runs `work` as the only writer of the session. An earlier one is cut off: a caller that comes back has given up its first
   * connection, even if that hasn't been noticed here yet.
   */
  async #alone<T>(id: string, work: (writer: Writer) => Promise<T>): Promise<T> {
    for (let earlier = this.#writers.get(id); earlier !== undefined; earlier = this.#writers.get(id)) {
      earlier.cut();
      await earlier.settled;
    }
    // No await between finding no writer and becoming it.
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    const writer: Writer = { offset: 0, cut: () => {}, settled };
    this.#writers.set(id, writer);
    try {
      return await work(writer);
    } finally {
      this.#writers.delete(id);
      settle();
    }
  }

  async #continue(
    session: OpenSession,
    piece: Piece | undefined,
    announced: number | undefined,
    request: SessionRequest,
    file: FileHandle,
    writer: Writer,
  ): Promise<Progress> {
    const received = wholeQuanta((await file.stat()).size);
    writer.offset = received;
    const total = this.#total(session, piece, announced, request);
    if (piece === undefined && total !== received) return { state: "incomplete", received };
    if (total !== undefined)
      await this.#orFail(session, async () => verifySize(total, session.terms.expected));

    const checksums = await this.#sumsOf(session.id, file, received);
    if (piece !== undefined) await this.#append(session, piece, total, request, file, writer, checksums);
    const size = writer.offset;
    if (total === undefined ? !piece?.last : size < total) {
      await this.#keepWholeQuanta(session.id, file, size);
      return { state: "incomplete", received: wholeQuanta(size) };
    }
    return this.#orFail(session, () => this.#finish(session, checksums, request.expected));
  }

  /** The object's size, once anyone has said it. @throws StorageError 400 when two statements differ */
  #total(
    { terms }: OpenSession,
    piece: Piece | undefined,
    announced: number | undefined,
    { contentLength }: SessionRequest,
  ): number | undefined {
    const fromLength = piece?.last ? contentLength : undefined;
    if (terms.total !== undefined && announced !== undefined && terms.total !== announced) {
      throw invalidArgument(`The upload was started for ${terms.total} bytes, not ${announced}.`);
    }
    return (
      announced ??
      terms.total ??
      (fromLength === undefined || piece === undefined ? undefined : piece.start + fromLength)
    );
  }

  async #append(
    session: OpenSession,
    piece: Piece,
    total: number | undefined,
    request: SessionRequest,
    file: FileHandle,
    writer: Writer,
    checksums: Checksums,
  ): Promise<void> {
    const received = writer.offset;
    checkPiece(piece, total, received, request.contentLength);
    const end = piece.end === undefined ? (total ?? Number.POSITIVE_INFINITY) : piece.end + 1;
    await file.truncate(received);
    this.#checksums.delete(session.id);
    let at = piece.start;
    writer.cut = request.cut;
    try {
      for await (const bytes of request.body()) {
        // What is there already is not written again.
        const fresh = bytes.subarray(Math.max(0, Math.min(bytes.length, received - at)));
        at += bytes.length;
        if (at > end) throw invalidArgument("The request has more bytes than its Content-Range says.");
        if (fresh.length === 0) continue;
        const [, largest = Number.POSITIVE_INFINITY] = session.terms.expected.lengthRange ?? [];
        if (at > largest) await this.#orFail(session, async () => verifySize(at, session.terms.expected));
        await writeAll(file, fresh, writer.offset);
        checksums.update(fresh);
        writer.offset += fresh.length;
      }
    } catch (error) {
      // What came before a cut counts.
      await this.#keepWholeQuanta(session.id, file, writer.offset);
      throw error;
    } finally {
      writer.cut = () => {};
    }
    this.#checksums.set(session.id, checksums);
  }

  async #keepWholeQuanta(id: string, file: FileHandle, size: number): Promise<void> {
    if (size === wholeQuanta(size)) return;
    this.#checksums.delete(id);
    await file.truncate(wholeQuanta(size));
  }

  async #sumsOf(id: string, file: FileHandle, received: number): Promise<Checksums> {
    const kept = this.#checksums.get(id);
    if (kept?.size === received) return kept;
    const checksums = new Checksums();
    if (received === 0) return checksums;
    const bytes: AsyncIterable<Buffer> = file.createReadStream({
      start: 0,
      end: received - 1,
      autoClose: false,
    });
    for await (const chunk of bytes) checksums.update(chunk);
    return checksums;
  }

  async #finish(session: OpenSession, checksums: Checksums, expected: Expected): Promise<Progress> {
    const { deps } = this.#storage;
    const { id, bucket, name, terms } = session;
    const sums = checksums.read();
    verifySums(sums, { ...terms.expected, ...definedOnly(expected) });
    const blob = await deps.blobs.keepPartial(id);
    let completed: Completed | undefined;
    const object = { bucket, name, ...sums, fields: terms.fields, blob };
    await this.#storage.publish(object, terms.conditions, (made) => {
      completed = { headers: objectHeaders(made), resource: objectResource(made, deps.baseUrl) };
      deps.sessions.end(id, "complete", completed);
    });
    if (completed === undefined) throw new Error("publishing an object didn't describe it");
    await this.#forget(id);
    return { state: "complete", ...completed };
  }

  /** A refusal of the whole upload ends the session: sending on, or again, can't help. */
  async #orFail<T>(session: OpenSession, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StorageError) {
        this.#storage.deps.sessions.end(session.id, "failed", error.refusal);
        await this.#forget(session.id);
      }
      throw error;
    }
  }

  async #forget(id: string): Promise<void> {
    this.#checksums.delete(id);
    await this.#storage.deps.blobs.removePartial(id);
  }
}

function ended(session: Exclude<Session, { state: "open" }>): Progress {
  switch (session.state) {
    case "complete":
      return { state: "complete", ...session.outcome };
    case "failed":
      throw new StorageError(session.outcome);
    case "cancelled":
      throw uploadCancelled();
  }
}

function definedOnly({ crc32c, md5 }: Expected): Expected {
  return { ...(crc32c === undefined ? {} : { crc32c }), ...(md5 === undefined ? {} : { md5 }) };
}
