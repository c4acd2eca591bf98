import { ID_PATTERN } from "../platform/ids.ts";

/** The object that an upload creates in the uploads bucket. */
export function uploadObject(spaceId: string, uploadId: string): string {
  return `spaces/${spaceId}/uploads/${uploadId}`;
}

/** The upload an object name belongs to, or undefined when the name isn't one that an upload makes. */
export function uploadOfObject(object: string): { spaceId: string; uploadId: string } | undefined {
  const [spaces, spaceId, uploads, uploadId, ...rest] = object.split("/");
  if (spaces !== "spaces" || uploads !== "uploads" || rest.length > 0) return undefined;
  if (spaceId === undefined || uploadId === undefined || spaceId === "" || !ID_PATTERN.test(uploadId))
    return undefined;
  return { spaceId, uploadId };
}
