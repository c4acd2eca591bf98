import type { GoogleAuth } from "google-auth-library";
import { lazy } from "../lazy.ts";

/**
 * Access tokens of the function's own account, for Google's interfaces that have no client here.
 * @param scope what the token allows
 * @returns a source of tokens that are good for some minutes at least; kept and renewed by Google's library, loaded at the first call
 */
export function accessTokens(scope: string): () => Promise<string> {
  const auth = lazy(async (): Promise<GoogleAuth> => {
    const { GoogleAuth } = await import("google-auth-library");
    return new GoogleAuth({ scopes: scope });
  });
  return async () => {
    const token = await (await auth()).getAccessToken();
    if (!token) throw new Error("the function's account gave no access token");
    return token;
  };
}
