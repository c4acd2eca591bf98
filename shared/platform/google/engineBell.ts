/** The engine's own side of the queue: `POST {url}/wake {kind}` with an ID token of the function's account. */
import type { EngineAddress } from "../config/settings.ts";
import { traceHeaders } from "../trace.ts";
import { ownIdTokens } from "./idTokens.ts";

/**
 * - `accepted`: it says it will ask for work.
 * - `busy`: 429 or 503, perhaps with the time after which it may be rung again.
 * - `failed`: any other answer, or none.
 */
export type WakeAnswer =
  | { readonly answer: "accepted" }
  | { readonly answer: "busy"; readonly retryAfterSeconds: number | undefined }
  | { readonly answer: "failed"; readonly status: number | undefined; readonly cause?: unknown };

export interface EngineBell {
  /** Rings an engine. Never throws: an engine that can't be reached is a usual answer. */
  wake(address: EngineAddress, kind: string): Promise<WakeAnswer>;
}

/** An engine scaled to zero may take its time to start, but must answer within the function's own time. */
const WAKE_MS = 60_000;
/** The longest `Retry-After` that is respected, in seconds. */
const MAX_RETRY_AFTER_SECONDS = 3600;

/** Rings engines with ID tokens of the function's own account. */
export function createEngineBell(): EngineBell {
  const tokens = ownIdTokens();
  return {
    async wake({ url, audience }, kind) {
      try {
        const response = await fetch(`${url.replace(/\/+$/, "")}/wake`, {
          method: "POST",
          headers: {
            authorization: await tokens.authorization(audience ?? url),
            "content-type": "application/json",
            ...traceHeaders(),
          },
          body: JSON.stringify({ kind }),
          redirect: "error",
          signal: AbortSignal.timeout(WAKE_MS),
        });
        await response.body?.cancel();
        return wakeAnswer(response.status, response.headers.get("retry-after"), new Date());
      } catch (cause) {
        return { answer: "failed", status: undefined, cause };
      }
    },
  };
}

/** What a status and a Retry-After (RFC 9110, section 10.2.3: seconds or a date) say. */
export function wakeAnswer(status: number, retryAfter: string | null, now: Date): WakeAnswer {
  if (status >= 200 && status < 300) return { answer: "accepted" };
  if (status !== 429 && status !== 503) return { answer: "failed", status };
  const seconds = /^\s*\d+\s*$/.test(retryAfter ?? "")
    ? Number(retryAfter)
    : (Date.parse(retryAfter ?? "") - now.getTime()) / 1000;
  return {
    answer: "busy",
    retryAfterSeconds:
      Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : undefined,
  };
}
