import { Firestore } from "@google-cloud/firestore";

/**
 * A Firestore client; make one per instance (through `lazy`). The emulator is found by FIRESTORE_EMULATOR_HOST, as everywhere.
 * Undefined fields are refused rather than dropped, so that a typo can't lose data in silence.
 */
export function createFirestore(settings: { GOOGLE_CLOUD_PROJECT: string }): Firestore {
  return new Firestore({ projectId: settings.GOOGLE_CLOUD_PROJECT });
}
