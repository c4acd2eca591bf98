import { createHash, createHmac } from "node:crypto";
import { plusSeconds } from "../platform/clock.ts";
import { IDEMPOTENCY_HOURS } from "../platform/idempotency/sql.ts";
import { base32, type NewId } from "../platform/ids.ts";
import { essence } from "../platform/media/mediaTypes.ts";
import type { ObjectWriter } from "../platform/storage/objectWriter.ts";
import { requestTrace } from "../platform/trace.ts";
import { decoded, type InlineContent } from "./givenInput.ts";
import { type StoreUploadDeps, storeUpload } from "./storeUpload.ts";
import type { Upload } from "./uploadDocument.ts";
import { uploadObject } from "./uploadObject.ts";

export interface GivenUploadDeps extends StoreUploadDeps {
  readonly newId: NewId;
  /** The setting INPUT_KEY. */
  readonly inputKey: Buffer;
  /** Writes into the bucket of uploads. */
  readonly objects: ObjectWriter;
}

/** Whose input it is, and of which request. */
export interface InputOwner {
  readonly spaceId: string;
  readonly userId: string;
  /** The request's Idempotency-Key. */
  readonly key: string | undefined;
  readonly role: string;
}

/**
 * Makes an upload of content that came with a job. First the document, with the budget, then the object, which `ingest` judges like one
 * that a phone sent; the job follows. A crash after either leaves an upload that no job names, which expires like one that was never
 * used. A request that is repeated with its key finds the document by its id, writes what is missing (an object is created once) and
 * goes on. Without a key each request makes an upload of its own, as it makes a job of its own.
 * @param content has been found to fit the role (`problemsOfInputs`)
 * @returns the upload's id
 * @throws `upload_budget_spent`; what the stores throw
 */
export async function placeInline(
  content: InlineContent,
  owner: InputOwner,
  deps: GivenUploadDeps,
): Promise<string> {
  const bytes = decoded(content);
  if (!bytes) throw new Error("inline content was not checked");
  const digest = createHash("sha256").update(bytes).digest("base64");
  const make = (id: string, now: Date): Upload => ({
    ...newUpload(id, owner, now, deps),
    contentType: essence(content.contentType),
    size: bytes.length,
  });
  const { id, upload } = await storeOnce(["inline", content.contentType, digest], make, owner, deps);
  if (upload.state === "pending") await deps.objects.write(upload.object, bytes, upload.contentType);
  return id;
}

/**
 * Stores an upload under an id that a repeated request derives again, from the caller, the key, the role and what was given: so another
 * content that comes with the same key never meets the object of the first. The hash is keyed, since ids can't be guessed.
 */
async function storeOnce(
  given: readonly string[],
  make: (id: string, now: Date) => Upload,
  { spaceId, userId, key, role }: InputOwner,
  deps: GivenUploadDeps,
): Promise<{ id: string; upload: Upload }> {
  const now = deps.clock();
  const store = async (id: string) => ({ id, upload: await storeUpload(id, make(id, now), deps) });
  if (key === undefined) return store(deps.newId());
  const parts = JSON.stringify([spaceId, userId, key, role, ...given]);
  const hash = createHmac("sha256", deps.inputKey).update(parts).digest();
  const stored = await store(base32(hash).slice(0, 26));
  const { createdAt, expiresAt } = stored.upload;
  // A key is good for a day, after which it may mean something new; and an upload that was ended isn't used again.
  const isOver = expiresAt <= now || createdAt <= plusSeconds(now, -IDEMPOTENCY_HOURS * 3600);
  return isOver ? store(deps.newId()) : stored;
}

function newUpload(id: string, { spaceId, userId }: InputOwner, now: Date, deps: StoreUploadDeps) {
  return {
    spaceId,
    createdBy: userId,
    trace: requestTrace(),
    object: uploadObject(spaceId, id),
    crc32c: null,
    name: null,
    state: "pending",
    reason: null,
    received: null,
    createdAt: now,
    expiresAt: plusSeconds(now, deps.retentionDays * 86_400),
  } as const;
}
