import type { StorageAccess } from "./access.ts";
import type { BucketCors } from "./cors.ts";
import type { ObjectStorage } from "./objectStorage.ts";
import type { ResumableUploads } from "./resumable.ts";
import type { PublicKeys } from "./signature.ts";

/** What answering a request needs. */
export interface ApiDeps {
  readonly storage: ObjectStorage;
  readonly resumable: ResumableUploads;
  /** Undefined: nothing is checked but signatures. */
  readonly access: StorageAccess | undefined;
}

export interface XmlDeps extends ApiDeps {
  readonly publicKeys: PublicKeys;
  /** By the bucket's name. */
  readonly cors: ReadonlyMap<string, BucketCors | undefined>;
}
