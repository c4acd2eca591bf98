import { z } from "zod";
import type { Phone } from "#local/demo/phone/phone.ts";
import type { Endpoints } from "./cloud.ts";
import { firebaseClient } from "./firebaseClient.ts";

/** A phone that reads Firestore as its app would: with a listener token, under the security rules. */
export interface Listener {
  /** Whether Firestore lets it read the jobs of a space. */
  mayReadJobsOf(spaceId: string): Promise<boolean>;
}

/** Signs the phone in at Firebase with the token that the API gives it for that. */
export async function listenerOf(cloud: Endpoints, phone: Phone): Promise<Listener> {
  const { token } = z
    .object({ token: z.string() })
    .parse(await phone.call("POST", "/v1/auth/firebase-token"));
  const firebase = firebaseClient(new URL(cloud.auth).host, cloud.projectId);
  const signedIn = await firebase.client("signInWithCustomToken", { token, returnSecureToken: true });
  const idToken = z.string().parse(signedIn.idToken);
  const documents = `http://${cloud.firestore}/v1/projects/${cloud.projectId}/databases/(default)/documents`;
  return {
    async mayReadJobsOf(spaceId) {
      const answer = await fetch(`${documents}:runQuery`, {
        method: "POST",
        headers: { authorization: `Bearer ${idToken}`, "content-type": "application/json" },
        body: JSON.stringify({
          structuredQuery: {
            from: [{ collectionId: "jobs" }],
            where: {
              fieldFilter: { field: { fieldPath: "spaceId" }, op: "EQUAL", value: { stringValue: spaceId } },
            },
          },
        }),
      });
      await answer.body?.cancel();
      if (answer.status !== 200 && answer.status !== 403)
        throw new Error(`Firestore answered ${answer.status} to a query`);
      return answer.ok;
    },
  };
}
