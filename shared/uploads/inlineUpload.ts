import { createHash } from "node:crypto";
import { essence } from "../platform/media/mediaTypes.ts";
import type { ObjectWriter } from "../platform/storage/objectWriter.ts";
import { decoded, type InlineContent } from "./givenInput.ts";
import { type InputOwner, type StoreOnceDeps, storeOnce } from "./storeOnce.ts";

export interface InlineUploadDeps extends StoreOnceDeps {
  /** Writes into the bucket of uploads. */
  readonly objects: Pick<ObjectWriter, "write">;
}

/**
 * Makes an upload of content that came with a job. First the document, with the budget, then the object, which `ingest` judges like one
 * that a phone sent; the job follows. A crash after either leaves an upload that no job names, which expires like one that was never
 * used. A request that is repeated with its key finds the document by its id, writes what is missing (an object is created once) and
 * goes on.
 * @param content has been found to fit the role (`problemsOfInputs`)
 * @returns the upload's id
 * @throws `upload_budget_spent`; what the stores throw
 */
export async function placeInline(
  content: InlineContent,
  owner: InputOwner,
  deps: InlineUploadDeps,
): Promise<string> {
  const bytes = decoded(content);
  if (!bytes) throw new Error("inline content was not checked");
  const digest = createHash("sha256").update(bytes).digest("base64");
  const contentType = essence(content.contentType);
  const described = { contentType, size: bytes.length };
  const { id, upload } = await storeOnce(["inline", contentType, digest], described, owner, deps);
  if (upload.state === "pending") await deps.objects.write(upload.object, bytes, contentType);
  return id;
}
