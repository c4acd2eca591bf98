/** Firestore's listener: says that jobs of a space have changed, as it happens. Loaded only where a page shows jobs. */
import { deleteApp, initializeApp } from "firebase/app";
import {
  connectAuthEmulator,
  initializeAuth,
  inMemoryPersistence,
  signInWithCustomToken,
} from "firebase/auth";
import {
  collection,
  connectFirestoreEmulator,
  getFirestore,
  onSnapshot,
  query,
  where,
} from "firebase/firestore";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { Config } from "../config/config.ts";

export interface Listening {
  stop(): void;
}

/**
 * Listens to the jobs of a space. What a job says to people (its place, estimates, sentences) is the API's to say, so a change is only
 * announced.
 * @param changed is called at each change, with whether Firestore is connected; after a refusal, or the listener's end, not again
 * @throws when no listener token is given, or Firebase refuses it
 */
export async function listenToJobs(
  config: Config,
  spaceId: string,
  changed: (isConnected: boolean) => void,
): Promise<Listening> {
  const { token } = answered(await api.POST("/v1/auth/firebase-token"));
  const { projectId, apiKey, emulators } = config;
  const app = initializeApp({ projectId, apiKey }, crypto.randomUUID());
  const end = () => void deleteApp(app);
  try {
    // In memory: the session's own token is the only one that is kept.
    const auth = initializeAuth(app, { persistence: inMemoryPersistence });
    const firestore = getFirestore(app);
    if (emulators !== null) {
      connectAuthEmulator(auth, emulators.auth, { disableWarnings: true });
      const [host = "", port] = emulators.firestore.split(":");
      connectFirestoreEmulator(firestore, host, Number(port));
    }
    await signInWithCustomToken(auth, token);
    const jobs = query(collection(firestore, "jobs"), where("spaceId", "==", spaceId));
    const stop = onSnapshot(
      jobs,
      // Without a connection Firestore answers from its cache, and tries again by itself.
      { includeMetadataChanges: true },
      ({ metadata }) => changed(!metadata.fromCache),
      () => {
        end();
        changed(false);
      },
    );
    return {
      stop() {
        stop();
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
