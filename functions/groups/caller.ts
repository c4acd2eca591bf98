import type { AppContext } from "#shared/platform/http/appEnv.ts";

/** Who asks, as the HTTP layer verified it, and which request it is; as the audit log wants it. */
export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  readonly requestId: string;
}

export function callerOf(c: AppContext): Caller {
  const { userId, sessionId } = c.var.account;
  return { userId, sessionId, requestId: c.var.requestId };
}
