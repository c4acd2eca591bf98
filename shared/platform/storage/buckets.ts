/**
 * The buckets, by the setting that names each. Terraform makes them from this data, and the local cloud's stand-in is started with it,
 * so both refuse the same browsers.
 */
import type { SettingName } from "../config/settings.ts";

export interface BucketData {
  /** The bucket's name is the project's id, a hyphen and this. */
  readonly suffix: string;
  /** Whether anyone may read its objects; if not, public access is prevented, also against a policy. */
  readonly public: boolean;
  /** What web pages of this origin and of ALLOWED_ORIGINS may do with signed URLs. */
  readonly cors: {
    readonly methods: readonly ("GET" | "HEAD" | "PUT" | "POST" | "DELETE")[];
    /** Headers that a page may send, and headers of the answer that it may read: Cloud Storage has one list for both. */
    readonly headers: readonly string[];
    readonly maxAgeSeconds: number;
  };
  /** Objects older than this many days are deleted by Cloud Storage; null when none are. */
  readonly lifecycleDays: number | null;
  /** How long Cloud Storage keeps what was deleted, in seconds; 0 for not at all. */
  readonly softDeleteSeconds: number;
}

/**
 * Nothing is kept after its deletion: an erasure says what it took, and a copy that can be restored for days would make that false.
 * What protects against a mistake is that objects are deleted after their tombstone or removal is in the database.
 */
const ERASED_AT_ONCE = 0;

export const buckets = {
  UPLOADS_BUCKET: {
    suffix: "uploads",
    public: false,
    cors: {
      methods: ["PUT", "POST"],
      headers: [
        "Content-Type",
        "Content-Range",
        "Range",
        "x-goog-content-length-range",
        "x-goog-hash",
        "x-goog-if-generation-match",
        "x-goog-resumable",
        "Location",
        "X-Goog-Generation",
        "X-GUploader-UploadID",
      ],
      maxAgeSeconds: 3600,
    },
    // `sweep` removes uploads; this is for what it never learns of. It is above the longest UPLOAD_RETENTION_DAYS.
    lifecycleDays: 100,
    softDeleteSeconds: ERASED_AT_ONCE,
  },
  RESOURCES_BUCKET: {
    suffix: "resources",
    public: false,
    cors: {
      methods: ["GET", "HEAD"],
      headers: [
        "Content-Type",
        "Content-Length",
        "Content-Range",
        "ETag",
        "Range",
        "X-Goog-Generation",
        "X-Goog-Hash",
      ],
      maxAgeSeconds: 3600,
    },
    // A result lives as long as its resource.
    lifecycleDays: null,
    softDeleteSeconds: ERASED_AT_ONCE,
  },
} as const satisfies Partial<Record<SettingName, BucketData>>;

export type BucketSetting = keyof typeof buckets;

/** The name of a bucket in a project. */
export function bucketName(projectId: string, setting: BucketSetting): string {
  return `${projectId}-${buckets[setting].suffix}`;
}
