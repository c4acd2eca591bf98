/** Bucket and object names (https://cloud.google.com/storage/docs/objects#naming). */
import { invalidArgument, noSuchBucket } from "./failure.ts";

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const MAX_OBJECT_BYTES = 1024;

/** @throws StorageError 400 when Cloud Storage wouldn't make a bucket of this name */
export function checkNewBucketName(name: string): void {
  if (!BUCKET.test(name)) throw invalidArgument(`Invalid bucket name: '${name}'`);
}

/** Whether a first path segment can be a bucket: `b`, `upload` and so on are parts of API paths, not buckets. */
export function checkBucketName(name: string): void {
  if (!BUCKET.test(name)) throw noSuchBucket();
}

/** @throws StorageError 400 when Cloud Storage wouldn't make an object of this name */
export function checkObjectName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > MAX_OBJECT_BYTES) {
    throw invalidArgument(`The name of an object must be 1 to ${MAX_OBJECT_BYTES} bytes of UTF-8.`);
  }
  if (
    name === "." ||
    name === ".." ||
    /[\r\n]/.test(name) ||
    name.startsWith(".well-known/acme-challenge/")
  ) {
    throw invalidArgument(`Invalid object name: '${name}'`);
  }
}
