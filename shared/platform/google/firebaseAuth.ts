import type { Auth } from "firebase-admin/auth";
import { lazy } from "../lazy.ts";

/**
 * Firebase's client is heavy, so it is loaded at the first call. The Auth emulator is found by FIREBASE_AUTH_EMULATOR_HOST, as everywhere;
 * that variable must never be set in production, because the client then believes unsigned tokens.
 */
export function firebaseAuth(projectId: string): () => Promise<Auth> {
  return lazy(async () => {
    const [{ initializeApp }, { getAuth }] = await Promise.all([
      import("firebase-admin/app"),
      import("firebase-admin/auth"),
    ]);
    // Gives the app of that name when it is there already.
    return getAuth(initializeApp({ projectId }, `auth of ${projectId}`));
  });
}
