/** Idempotency keys: a request that is sent again because its answer was lost carries the key of the first. */
import { OfflineError, ProblemError } from "./problem.ts";

export interface Attempts {
  /** Sends with the key that belongs to this body until an answer has come. */
  send<Answer>(body: unknown, send: (key: string) => Promise<Answer>): Promise<Answer>;
}

export function attempts(newKey: () => string = () => crypto.randomUUID()): Attempts {
  const keys = new Map<string, string>();
  return {
    async send(body, send) {
      const name = JSON.stringify(body);
      const key = keys.get(name) ?? newKey();
      keys.set(name, key);
      try {
        const answer = await send(key);
        keys.delete(name);
        return answer;
      } catch (error) {
        const unknown =
          error instanceof OfflineError || (error instanceof ProblemError && error.status >= 500);
        if (!unknown) keys.delete(name);
        throw error;
      }
    },
  };
}
