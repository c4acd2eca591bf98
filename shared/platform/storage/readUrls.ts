import { type Clock, plusSeconds } from "../clock.ts";
import type { Logger } from "../log/logger.ts";
import type { UrlSigner } from "./urlSigner.ts";

/** How long a URL lives when it is made, and how long at least when it is handed out: it is reused for two thirds of its life. */
export const URL_SECONDS = 900;
export const LEFT_SECONDS = 300;
/** URLs that one instance remembers; each costs a call to sign and about a kilobyte to keep. */
const REMEMBERED = 2_000;

export interface ReadUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Signs URLs that read objects, and hands one out again while it has enough life left: signing is a call to IAM each time. */
export interface ReadUrls {
  /**
   * A URL that reads this generation of `object`, for five minutes at least; undefined when it can't be signed now, which is logged and not
   * remembered.
   */
  urlOf(object: string, generation: string): Promise<ReadUrl | undefined>;
}

/** Make one per instance. */
export function createReadUrls(signer: UrlSigner, clock: Clock, log: Logger): ReadUrls {
  const remembered = new Map<string, { url: Promise<string | undefined>; expiresAt: Date }>();

  const signed = (key: string, object: string, generation: string) => {
    const expiresAt = plusSeconds(clock(), URL_SECONDS);
    const url = signer.signRead(object, generation, expiresAt).catch((error: unknown) => {
      if (remembered.get(key) === made) remembered.delete(key);
      log.warn("url_not_signed", { error });
      return undefined;
    });
    const made = { url, expiresAt };
    return made;
  };

  return {
    async urlOf(object, generation) {
      const key = `${object}#${generation}`;
      const known = remembered.get(key);
      const fresh = known !== undefined && known.expiresAt >= plusSeconds(clock(), LEFT_SECONDS);
      const found = fresh ? known : signed(key, object, generation);
      remembered.delete(key); // to the end of the line of those that are forgotten
      remembered.set(key, found);
      const oldest = remembered.size > REMEMBERED ? remembered.keys().next().value : undefined;
      if (oldest !== undefined) remembered.delete(oldest);
      const url = await found.url;
      return url === undefined ? undefined : { url, expiresAt: found.expiresAt };
    },
  };
}
