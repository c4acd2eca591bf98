import type { FileRole } from "#shared/kinds/kind.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import type { ResourceFileRow } from "./resourceRows.ts";

/** How long a URL lives when it is made, and how long at least when it is handed out. */
export const URL_SECONDS = 900;
const LEFT_SECONDS = 600;
/** URLs one instance remembers; each costs a call to sign and about a kilobyte to keep. */
const REMEMBERED = 2_000;

export interface SignedFile {
  readonly name: string;
  readonly role: FileRole;
  readonly contentType: string;
  readonly size: number;
  readonly url: string;
}

/** Signs the URLs of files, and hands a URL out again while it has enough life left: signing is a call to Google each time. */
export interface FileSigner {
  /** The files with URLs, and the time until which all of them work. */
  sign(files: readonly ResourceFileRow[]): Promise<{ files: SignedFile[]; urlsExpireAt: string }>;
}

export function createFileSigner(objects: UrlSigner, clock: Clock): FileSigner {
  const remembered = new Map<string, { url: Promise<string>; expiresAt: Date }>();

  const signed = (object: string, generation: string): { url: Promise<string>; expiresAt: Date } => {
    const now = clock();
    const key = `${object}#${generation}`;
    const known = remembered.get(key);
    if (known && known.expiresAt >= plusSeconds(now, LEFT_SECONDS)) return known;
    const expiresAt = plusSeconds(now, URL_SECONDS);
    const made = { url: objects.signRead(object, generation, expiresAt), expiresAt };
    made.url.catch(() => remembered.delete(key)); // a failure isn't remembered; those that wait for it get it
    remembered.delete(key);
    remembered.set(key, made);
    const oldest = remembered.size > REMEMBERED ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    return made;
  };

  return {
    async sign(files) {
      const made = files.map((file) => ({ file, ...signed(file.object, file.generation) }));
      const latest = plusSeconds(clock(), URL_SECONDS).getTime();
      const earliest = Math.min(latest, ...made.map(({ expiresAt }) => expiresAt.getTime()));
      return {
        files: await Promise.all(
          made.map(async ({ file: { name, role, contentType, size }, url }) => ({
            name,
            role,
            contentType,
            size,
            url: await url,
          })),
        ),
        urlsExpireAt: new Date(earliest).toISOString(),
      };
    },
  };
}
