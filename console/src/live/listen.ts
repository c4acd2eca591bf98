/** Firestore's listener: says that things of a space have changed, as it happens. Loaded only where a page shows them. */
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
  doc,
  type Firestore,
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

/** Without a connection Firestore answers from its cache, and tries again by itself. */
const OPTIONS = { includeMetadataChanges: true };

/**
 * Listens to the jobs of a space. What a job says to people (its place, estimates, sentences) is the API's to say, so a change is only
 * announced.
 * @param changed is called at each change, with whether Firestore is connected; after a refusal, or the listener's end, not again
 * @throws when no listener token is given, or Firebase refuses it
 */
export function listenToJobs(
  config: Config,
  spaceId: string,
  changed: (isConnected: boolean) => void,
): Promise<Listening> {
  return listen(config, (firestore, ended) => {
    const jobs = query(collection(firestore, "jobs"), where("spaceId", "==", spaceId));
    return onSnapshot(
      jobs,
      OPTIONS,
      ({ metadata }) => changed(!metadata.fromCache),
      () => {
        ended();
        changed(false);
      },
    );
  });
}

/**
 * Listens to the feed of a space, which has the number of its last change.
 * @param changed as for the jobs, and with the number
 * @throws as `listenToJobs`
 */
export function listenToFeed(
  config: Config,
  spaceId: string,
  changed: (isConnected: boolean, seq: number) => void,
): Promise<Listening> {
  return listen(config, (firestore, ended) =>
    onSnapshot(
      doc(firestore, "feeds", spaceId),
      OPTIONS,
      (feed) => {
        const seq: unknown = feed.get("seq");
        // A space in which nothing has changed has no feed yet.
        changed(!feed.metadata.fromCache, typeof seq === "number" ? seq : 0);
      },
      () => {
        ended();
        changed(false, 0);
      },
    ),
  );
}

/** @param begin begins to listen and answers what stops it; it calls `ended` when Firestore has ended it */
async function listen(
  config: Config,
  begin: (firestore: Firestore, ended: () => void) => () => void,
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
    const stop = begin(firestore, end);
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
