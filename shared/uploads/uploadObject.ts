import { ID_PATTERN } from "../ids.ts";

/** The object that an upload creates in the uploads bucket. */
export function uploadObject(groupId: string, uploadId: string): string {
  return `groups/${groupId}/uploads/${uploadId}`;
}

/** The upload an object name belongs to, or undefined when no upload of ours could have made it. */
export function uploadOfObject(object: string): { groupId: string; uploadId: string } | undefined {
  const [groups, groupId, uploads, uploadId, ...rest] = object.split("/");
  if (groups !== "groups" || uploads !== "uploads" || rest.length > 0) return undefined;
  if (groupId === undefined || uploadId === undefined || groupId === "" || !ID_PATTERN.test(uploadId))
    return undefined;
  return { groupId, uploadId };
}
