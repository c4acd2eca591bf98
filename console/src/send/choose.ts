/** Files that a person chose, dropped or took a picture of, looked at before they are sent. */
import { type FileProblem, judgeFile, type Sort } from "./files.ts";
import { readHeic } from "./heic.ts";
import type { Chosen } from "./sending.ts";

const HEAD_BYTES = 16;
/** Of a photo that is converted: a pixel more shows no more of a face. */
const LONGEST_SIDE = 4096;
const JPEG_QUALITY = 0.92;

/**
 * Looks at a file. A photo in HEIC becomes JPEG, by the browser or else by a decoder that is loaded for it.
 * @returns the file to send, or why it can't be
 */
export async function inspect(
  sort: Sort,
  file: File,
  handle: FileSystemFileHandle | undefined,
): Promise<Chosen | { readonly problem: FileProblem }> {
  const head = await headOf(file);
  if (head === undefined) return { problem: "damaged" };
  const { name, type, size } = file;
  const judged = judgeFile(sort, { name, type, size, head });
  if ("problem" in judged) return judged;
  const { contentType } = judged;
  if (sort === "video") return { file, contentType, handle };
  const isHeic = contentType === "image/heic" || contentType === "image/heif";
  const picture =
    (await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => undefined)) ??
    (isHeic ? await readHeic(file) : undefined);
  if (picture === undefined) {
    if (isHeic) return { problem: "heic_unread" };
    return BROWSERS_READ.has(contentType) ? { problem: "damaged" } : { file, contentType, handle: undefined };
  }
  const jpeg = isHeic ? await toJpeg(picture, file) : undefined;
  picture.close();
  if (isHeic && jpeg === undefined) return { problem: "heic_unread" };
  return jpeg === undefined
    ? { file, contentType, handle: undefined }
    : { file: jpeg, contentType: "image/jpeg", handle: undefined };
}

/** Every browser reads these, so one that it can't read is damaged. */
const BROWSERS_READ = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);

async function headOf(file: Blob): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return undefined; // a folder, or a file that went away
  }
}

async function toJpeg(picture: ImageBitmap, { name, lastModified }: File): Promise<File | undefined> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  if (context === null) return undefined;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
  return new File([blob], name.replace(/\.[^.]*$/, ".jpg"), { type: "image/jpeg", lastModified });
}
