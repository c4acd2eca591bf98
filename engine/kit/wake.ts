import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "#shared/platform/clock.ts";

/** Who may ring. Without it anyone who reaches the port may: a ring carries no work, it only makes the engine ask. */
export interface WakeGuard {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** What the token must be meant for: the engine's own address, as the gateway knows it. */
  readonly audience: string;
  /** Addresses of the service accounts that ring; any of the issuer's when absent. */
  readonly callers?: readonly string[];
}

export interface WakeDeps {
  readonly kinds: readonly string[];
  readonly guard?: WakeGuard;
  readonly clock: Clock;
  /** `busy` when no more work fits, `stopping` when the engine is about to end. */
  readonly ring: () => "pulling" | "busy" | "stopping";
  readonly health: () => Readonly<Record<string, unknown>>;
}

const ringSchema = z.object({ kind: z.string() });
const MOST_BYTES = 64 * 1024;
/** When a busy engine may be rung again, in seconds; it pulls by itself when it is done. */
const RETRY_AFTER = "10";

/** The engine's own side: `POST /wake {kind}` answers 202 when it will ask for work, 429 when it is busy. */
export function wakeApp(deps: WakeDeps): Hono {
  const allowed = deps.guard ? tokenCheck(deps.guard, deps.clock) : async () => true;
  const app = new Hono();
  app.notFound(() => problem(404, "not_found", "There is only POST /wake and GET /healthz."));
  app.onError((error) => {
    const unreachable = !(error instanceof errors.JOSEError);
    return unreachable
      ? problem(503, "unavailable", "The ring can't be checked now.", { "retry-after": RETRY_AFTER })
      : problem(500, "internal", "Something went wrong on our side.");
  });
  app.get("/healthz", (c) => c.json(deps.health()));
  app.all("/wake", async (c, next) => {
    if (c.req.method === "POST") return await next();
    return problem(405, "method_not_allowed", "Ring with POST.", { allow: "POST" });
  });
  app.post(
    "/wake",
    bodyLimit({
      maxSize: MOST_BYTES,
      // The rest of such a body is never read, so its connection ends: without saying so the client would use it again.
      onError: () => problem(413, "body_too_large", "A ring is small.", { connection: "close" }),
    }),
    async (c) => {
      if (!(await allowed(c.req.header("authorization")))) {
        const challenge = { "www-authenticate": "Bearer" };
        return problem(401, "unauthenticated", "A ring needs the gateway's ID token.", challenge);
      }
      const ring = ringSchema.safeParse(await c.req.json().catch(() => undefined));
      if (!ring.success) return problem(400, "invalid_request", "Expected JSON with the kind that waits.");
      if (!deps.kinds.includes(ring.data.kind)) {
        return problem(422, "unknown_kind", `This engine makes ${deps.kinds.join(" and ")}.`);
      }
      switch (deps.ring()) {
        case "pulling":
          return c.json({ pulling: true }, 202);
        case "busy":
          return problem(429, "busy", "All places are taken.", { "retry-after": RETRY_AFTER });
        case "stopping":
          return problem(503, "stopping", "The engine is stopping.", { "retry-after": RETRY_AFTER });
      }
    },
  );
  return app;
}

function tokenCheck(guard: WakeGuard, clock: Clock): (header: string | undefined) => Promise<boolean> {
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(guard.jwksUrl));
  const claims = z.object({ email: z.string(), email_verified: z.literal(true) });
  return async (header) => {
    const token = /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
    if (token === undefined) return false;
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ["RS256"],
        issuer: guard.issuer,
        audience: guard.audience,
        clockTolerance: 30,
        currentDate: clock(),
      });
      if (!guard.callers) return true;
      const caller = claims.safeParse(payload).data;
      return caller !== undefined && guard.callers.includes(caller.email);
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  };
}

function problem(
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = { type: "about:blank", title: detail, status, detail, code };
  return Response.json(body, {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}
