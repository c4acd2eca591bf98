/** Signed URLs of a result's files, signed again when they are about to end or were refused. */
import type { components } from "../../api/schema.d.ts";
import type { Addresses } from "./download.ts";

/** What of a resource is needed here. */
export type Signed = Pick<components["schemas"]["Resource"], "files" | "urlsExpireAt">;

/** URLs that end sooner are not begun with. */
const LEAST_LEFT_MS = 20_000;

/**
 * @param first what is known already
 * @param renew asks the API; several downloads that need it at once ask once
 * @param now milliseconds since the epoch
 */
export function signedAddresses(first: Signed, renew: () => Promise<Signed>, now: () => number): Addresses {
  let current = first;
  let asking: Promise<Signed> | undefined;
  return {
    async ask(again) {
      const ending = Date.parse(current.urlsExpireAt) - now() < LEAST_LEFT_MS;
      if (again || ending || current.files.some(({ url }) => url === undefined)) {
        asking ??= renew().finally(() => {
          asking = undefined;
        });
        current = await asking;
      }
      return new Map(current.files.flatMap(({ name, url }) => (url === undefined ? [] : [[name, url]])));
    },
  };
}
