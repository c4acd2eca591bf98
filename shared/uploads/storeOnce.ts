import { createHmac } from "node:crypto";
import { plusSeconds } from "../platform/clock.ts";
import { IDEMPOTENCY_HOURS } from "../platform/idempotency/sql.ts";
import { base32, type NewId } from "../platform/ids.ts";
import { requestTrace } from "../platform/trace.ts";
import { type StoreUploadDeps, storeUpload } from "./storeUpload.ts";
import type { Upload } from "./uploadDocument.ts";
import { uploadObject } from "./uploadObject.ts";

export interface StoreOnceDeps extends StoreUploadDeps {
  readonly newId: NewId;
  /** The setting INPUT_KEY. */
  readonly inputKey: Buffer;
}

/** Whose input it is, and of which request. */
export interface InputOwner {
  readonly spaceId: string;
  readonly userId: string;
  /** The request's Idempotency-Key. */
  readonly key: string | undefined;
  readonly role: string;
}

/** What an upload of given content says of it. */
type Described = Pick<Upload, "contentType" | "size" | "source">;

/**
 * Stores an upload under an id that a repeated request derives again, from the caller, the key, the role and what was given: so another
 * content that comes with the same key never meets the object of the first. The hash is keyed, since ids can't be guessed. Without a key
 * each request makes an upload of its own, as it makes a job of its own.
 * @param given what identifies the content
 * @throws `upload_budget_spent`
 */
export async function storeOnce(
  given: readonly string[],
  described: Described,
  owner: InputOwner,
  deps: StoreOnceDeps,
): Promise<{ readonly id: string; readonly upload: Upload }> {
  const { spaceId, userId, key, role } = owner;
  const now = deps.clock();
  const store = async (id: string) => {
    const upload = { ...newUpload(id, owner, now, deps), ...described };
    // Of content that is fetched only the most that it may have is known.
    const upToBudget = described.source !== undefined;
    return { id, upload: await storeUpload(id, upload, deps, { upToBudget }) };
  };
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
