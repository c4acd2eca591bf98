import type { SettingsOf } from "../config/settings.ts";
import { errors } from "../errors.ts";
import { firebaseAuth } from "./firebaseAuth.ts";

export interface CustomTokens {
  /**
   * A token to sign in to Firebase as `uid` with; lives an hour. Its claim `sid` names the session of ours, in the security rules too
   * (`request.auth.token.sid`), for as long as the Firebase session lives. No key file signs it: IAM does in production, and the emulator takes
   * it unsigned.
   * @throws `unavailable` when IAM can't sign
   */
  customToken(uid: string, sid: string): Promise<string>;
}

/** Make one per instance; Firebase's client is loaded at the first call. */
export function createCustomTokens(settings: SettingsOf<"GOOGLE_CLOUD_PROJECT">): CustomTokens {
  const auth = firebaseAuth(settings.GOOGLE_CLOUD_PROJECT);
  return {
    async customToken(uid, sid) {
      try {
        return await (await auth()).createCustomToken(uid, { sid });
      } catch (cause) {
        throw errors.unavailable("the listener token can't be signed", { cause });
      }
    },
  };
}
