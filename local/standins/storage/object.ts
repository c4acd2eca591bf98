/** An object as it is kept, and as the JSON API and events describe it. */
import { z } from "zod";

const text = z.string().exactOptional();

/** What the one who writes an object decides. */
export const objectFieldsSchema = z.object({
  contentType: text,
  cacheControl: text,
  contentDisposition: text,
  contentEncoding: text,
  contentLanguage: text,
  customTime: text,
  storageClass: text,
  metadata: z.record(z.string(), z.string()).exactOptional(),
});
export type ObjectFields = z.infer<typeof objectFieldsSchema>;

/** One live object. Times are milliseconds since 1970. */
export interface StoredObject {
  readonly bucket: string;
  readonly name: string;
  /** Microseconds since 1970 at which it was made; larger than every earlier one. */
  readonly generation: number;
  readonly metageneration: number;
  /** Bytes. */
  readonly size: number;
  readonly crc32c: string;
  /** Null for an object that was composed of others. */
  readonly md5: string | null;
  readonly componentCount: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly fields: ObjectFields;
  /** The file that holds its bytes. */
  readonly blob: string;
}

const nullable = z.string().nullish();
/** The writable part of an object's resource in a request; null takes a value away. Output-only fields are ignored, as Google does. */
export const objectInputSchema = z.object({
  name: nullable,
  contentType: nullable,
  cacheControl: nullable,
  contentDisposition: nullable,
  contentEncoding: nullable,
  contentLanguage: nullable,
  customTime: nullable,
  storageClass: nullable,
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable()).nullish(),
  crc32c: nullable,
  md5Hash: nullable,
});
export type ObjectInput = z.infer<typeof objectInputSchema>;

const TEXT_FIELDS = [
  "contentType",
  "cacheControl",
  "contentDisposition",
  "contentEncoding",
  "contentLanguage",
  "customTime",
  "storageClass",
] as const;

/** `fields` with the input's values put in or, where null, taken out; custom metadata is merged key by key. */
export function applyInput(fields: ObjectFields, input: ObjectInput): ObjectFields {
  const next: ObjectFields = { ...fields };
  for (const name of TEXT_FIELDS) {
    const value = input[name];
    if (value === null) delete next[name];
    else if (value !== undefined) next[name] = value;
  }
  if (input.metadata === null) delete next.metadata;
  else if (input.metadata !== undefined) {
    const merged = new Map(Object.entries(next.metadata ?? {}));
    for (const [key, value] of Object.entries(input.metadata)) {
      if (value === null) merged.delete(key);
      else merged.set(key, String(value));
    }
    next.metadata = Object.fromEntries(merged);
    if (merged.size === 0) delete next.metadata;
  }
  return next;
}

/** Whether the input says anything about the fields of an object, beyond naming it. */
export function describesFields(input: ObjectInput): boolean {
  return input.metadata != null || TEXT_FIELDS.some((name) => input[name] != null);
}

/**
 * The object's resource in the JSON API, which is also the data of its events.
 * @param baseUrl where its links point
 */
export function objectResource(object: StoredObject, baseUrl: string): Record<string, unknown> {
  const { bucket, name, generation, metageneration, size, crc32c, md5, componentCount, fields } = object;
  const path = `b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
  const created = new Date(object.createdAt).toISOString();
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${baseUrl}/storage/v1/${path}`,
    mediaLink: `${baseUrl}/download/storage/v1/${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(metageneration),
    ...fields,
    storageClass: fields.storageClass ?? "STANDARD",
    size: String(size),
    ...(md5 === null ? {} : { md5Hash: md5 }),
    crc32c,
    etag: apiEtag(object),
    ...(componentCount === null ? {} : { componentCount }),
    timeCreated: created,
    updated: new Date(object.updatedAt).toISOString(),
    timeStorageClassUpdated: created,
    timeFinalized: created,
  };
}

/** The JSON API's entity tag: changes with the bytes and with the metadata. */
export function apiEtag({ generation, metageneration }: StoredObject): string {
  return Buffer.from(`${generation}/${metageneration}`).toString("base64");
}

/** The XML API's entity tag, in its quotes: the MD5 in hexadecimal where there is one. */
export function xmlEtag(object: StoredObject): string {
  return object.md5 === null
    ? `"${apiEtag(object)}"`
    : `"${Buffer.from(object.md5, "base64").toString("hex")}"`;
}
