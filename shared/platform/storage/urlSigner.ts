/** Signed URLs of Cloud Storage: the holder of one may make the one request that it names. */
import type { Bucket, GetSignedUrlConfig } from "@google-cloud/storage";
import type { GoogleAuth } from "google-auth-library";
import type { SettingsOf } from "../config/settings.ts";
import { lazy } from "../lazy.ts";

/** A request the holder may make as it stands: this method, to this URL, with exactly these headers. */
export interface SignedRequest {
  readonly method: "PUT" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What may be created: exactly this type and size, once. */
export interface Declared {
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** Base64 of the big-endian CRC32C; when given, Cloud Storage itself refuses other bytes. */
  readonly crc32c?: string | undefined;
}

export interface UrlSigner {
  /** A URL that creates `object` once, as declared, in one PUT, until `expiresAt`. */
  signCreate(object: string, declared: Declared, expiresAt: Date): Promise<SignedRequest>;
  /** A URL that starts a resumable upload of `object`, as declared; the session it opens outlives the URL. */
  signResumable(object: string, declared: Declared, expiresAt: Date): Promise<SignedRequest>;
  /** A URL that reads this generation of `object` until `expiresAt`; other bytes under the same name are not found by it. */
  signRead(object: string, generation: string, expiresAt: Date): Promise<string>;
}

/** One for all signers of an instance, since what it limits is the instance. */
const signingAuth = lazy(async (): Promise<GoogleAuth> => {
  const { SigningAuth } = await import("../google/signingAuth.ts");
  return new SigningAuth();
});

/**
 * Signs with the function's own account, by IAM's `signBlob`. Google's libraries are loaded at the first signature.
 * @param bucket its name
 * @param auth asks IAM; one for all signers of the instance unless given
 */
export function urlSigner(
  bucket: string,
  settings: SettingsOf<"SIGNING_ENDPOINT" | "GOOGLE_CLOUD_PROJECT">,
  auth?: GoogleAuth,
): UrlSigner {
  const objects = lazy(async (): Promise<Bucket> => {
    const [{ Storage }, authClient] = await Promise.all([
      import("@google-cloud/storage"),
      auth ?? signingAuth(),
    ]);
    return new Storage({ projectId: settings.GOOGLE_CLOUD_PROJECT, authClient }).bucket(bucket);
  });
  const endpoint =
    settings.SIGNING_ENDPOINT === undefined ? {} : { signingEndpoint: settings.SIGNING_ENDPOINT };
  const sign = async (
    object: string,
    config: Omit<GetSignedUrlConfig, "version">,
    of: { generation?: string } = {},
  ): Promise<string> => {
    const file = (await objects()).file(object, of);
    const [url] = await file.getSignedUrl({ version: "v4", ...endpoint, ...config });
    return url;
  };

  return {
    async signCreate(object, declared, expiresAt) {
      const headers = signedHeaders(declared);
      const url = await sign(object, {
        action: "write",
        expires: expiresAt,
        contentType: declared.contentType,
        extensionHeaders: withoutContentType(headers),
      });
      return { method: "PUT", url, headers };
    },

    async signResumable(object, declared, expiresAt) {
      const headers = signedHeaders(declared);
      const url = await sign(object, {
        action: "resumable",
        expires: expiresAt,
        contentType: declared.contentType,
        extensionHeaders: withoutContentType(headers),
      });
      return { method: "POST", url, headers: { ...headers, "x-goog-resumable": "start" } };
    },

    signRead: (object, generation, expiresAt) =>
      sign(object, { action: "read", expires: expiresAt }, { generation }),
  };
}

/** The headers an upload must carry; all are signed, so Cloud Storage refuses an upload that differs. */
function signedHeaders(declared: Declared): Record<string, string> {
  return {
    "content-type": declared.contentType,
    "x-goog-content-length-range": `${declared.size},${declared.size}`,
    "x-goog-if-generation-match": "0",
    ...(declared.crc32c === undefined ? {} : { "x-goog-hash": `crc32c=${declared.crc32c}` }),
  };
}

function withoutContentType(headers: Record<string, string>): Record<string, string> {
  const { "content-type": _, ...extension } = headers;
  return extension;
}
