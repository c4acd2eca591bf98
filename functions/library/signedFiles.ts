import type { FileRole } from "#shared/kinds/kind.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { type ReadUrls, URL_SECONDS } from "#shared/platform/storage/readUrls.ts";
import type { ResourceFileRow } from "./resourceRows.ts";

export interface SignedFile {
  readonly name: string;
  readonly role: FileRole;
  readonly contentType: string;
  readonly size: number;
  /** Absent while it can't be signed: one file less is better than no page. */
  readonly url?: string;
}

/** Signs the URLs of files. */
export interface FileSigner {
  /** The files with URLs, and the time until which all of them work. A file whose URL can't be signed has none. */
  sign(files: readonly ResourceFileRow[]): Promise<{ files: SignedFile[]; urlsExpireAt: string }>;
}

export function createFileSigner(urls: ReadUrls, clock: Clock): FileSigner {
  return {
    async sign(files) {
      let earliest = plusSeconds(clock(), URL_SECONDS);
      const signed = await Promise.all(
        files.map(async ({ name, role, contentType, size, object, generation }) => {
          const made = await urls.urlOf(object, generation);
          if (made && made.expiresAt < earliest) earliest = made.expiresAt;
          return { name, role, contentType, size, ...(made ? { url: made.url } : {}) };
        }),
      );
      return { files: signed, urlsExpireAt: earliest.toISOString() };
    },
  };
}
