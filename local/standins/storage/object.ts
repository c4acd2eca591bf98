/** An object as it is kept, and as the JSON API and events describe it. */
import { z } from "zod";
import { invalidArgument } from "./failure.ts";

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
  readonly md5: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly fields: ObjectFields;
  /** The file that holds its bytes. */
  readonly blob: string;
}

const nullable = z.string().nullish();
/** The writable part of an object's resource in a request; null is as good as absent. Output-only fields are ignored, as Google does. */
const objectInputSchema = z.object({
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

/** The fields of a new object. */
export function fieldsOf(input: ObjectInput): ObjectFields {
  const fields: ObjectFields = {};
  for (const name of TEXT_FIELDS) {
    const value = input[name];
    if (typeof value === "string") fields[name] = value;
  }
  const metadata = Object.entries(input.metadata ?? {}).filter(([, value]) => value !== null);
  if (metadata.length > 0)
    fields.metadata = Object.fromEntries(metadata.map(([key, value]) => [key, String(value)]));
  return fields;
}

/**
 * The object's resource in the JSON API, which is also the data of its events.
 * @param baseUrl where its links point
 */
export function objectResource(object: StoredObject, baseUrl: string): Record<string, unknown> {
  const { bucket, name, generation, metageneration, size, crc32c, md5, fields } = object;
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
    md5Hash: md5,
    crc32c,
    etag: apiEtag(object),
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

/** The XML API's entity tag, in its quotes: the MD5 in hexadecimal. */
export function xmlEtag({ md5 }: StoredObject): string {
  return `"${Buffer.from(md5, "base64").toString("hex")}"`;
}

/** @throws StorageError 400 */
export function objectInput(value: unknown): ObjectInput {
  const parsed = objectInputSchema.safeParse(value);
  if (!parsed.success) throw invalidArgument(z.prettifyError(parsed.error));
  return parsed.data;
}
