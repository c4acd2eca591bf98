import type { GoogleAuth, IdTokenClient } from "google-auth-library";
import { lazy } from "../lazy.ts";

export interface OwnIdTokens {
  /**
   * `Authorization` with an ID token of the function's own account, which is valid for a while yet.
   * @param audience who takes the token
   * @throws what the metadata server's client throws
   */
  authorization(audience: string): Promise<string>;
  /** Forgets the token for an audience that refused it. */
  forget(audience: string): void;
}

/** ID tokens from the metadata server; kept and renewed by Google's library, which is loaded at the first use. */
export function ownIdTokens(): OwnIdTokens {
  const auth = lazy(async (): Promise<GoogleAuth> => {
    const { GoogleAuth } = await import("google-auth-library");
    return new GoogleAuth();
  });
  const clients = new Map<string, Promise<IdTokenClient>>();
  return {
    async authorization(audience) {
      const client = clients.get(audience) ?? auth().then((auth) => auth.getIdTokenClient(audience));
      clients.set(audience, client);
      try {
        return (await (await client).getRequestHeaders()).get("authorization") ?? "";
      } catch (error) {
        clients.delete(audience);
        throw error;
      }
    },
    forget: (audience) => void clients.delete(audience),
  };
}
