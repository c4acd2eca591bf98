import type { StoredAnswer } from "../idempotency/sql.ts";
import type { AppContext } from "./appEnv.ts";

/**
 * Sends an answer as it was stored, byte for byte.
 * @returns what the route says it answers: the stored text was made to the route's own schema when the work was done
 */
export function sendStored<Answer>(c: AppContext, answer: StoredAnswer): Answer {
  return c.body(answer.body, answer.status, {
    "content-type": "application/json",
    ...answer.headers,
  }) as Answer; // a Response; its type parameter only describes the text, as said above
}
