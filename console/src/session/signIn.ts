/** Sign-in with Google in this tab: to Google, and back to `/signed-in` with a code that only this tab can redeem. */
import * as z from "zod/mini";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { matchRoute } from "../nav/routes.ts";
import { challengeOf, newVerifier } from "./pkce.ts";
import { began } from "./session.ts";

const flowSchema = z.object({ verifier: z.string(), state: z.string(), returnTo: z.string() });
/** In the tab's own storage: another tab can't finish what this one began. */
const FLOW = "reverie-sign-in";

const callbackUri = () => `${location.origin}/signed-in`;

/** Leaves for Google's page. @param returnTo the address of the console to come back to */
export async function beginSignIn(returnTo: string): Promise<void> {
  const flow = { verifier: newVerifier(), state: newVerifier(), returnTo };
  sessionStorage.setItem(FLOW, JSON.stringify(flow));
  const query = new URLSearchParams({
    redirect_uri: callbackUri(),
    code_challenge: await challengeOf(flow.verifier),
    code_challenge_method: "S256",
    state: flow.state,
  });
  location.assign(`/v1/auth/google?${query}`);
}

/** How a sign-in ended that didn't succeed. */
export type SignInRefusal = "cancelled" | "rejected" | "unverified" | "lost" | "unavailable";

const REFUSALS: Readonly<Record<string, SignInRefusal>> = {
  access_denied: "cancelled",
  identity_rejected: "rejected",
  email_unverified: "unverified",
  unavailable: "unavailable",
};

/**
 * Redeems what Google's page came back with; it works once.
 * @param search the query of the address
 * @returns where to go on, or why there is no session
 * @throws ProblemError, OfflineError when the API can't be asked
 */
export async function finishSignIn(
  search: string,
): Promise<{ returnTo: string } | { refused: SignInRefusal }> {
  const query = new URLSearchParams(search);
  const flow = takeFlow();
  if (flow === undefined || query.get("state") !== flow.state) return { refused: "lost" };
  const error = query.get("error");
  if (error !== null) return { refused: REFUSALS[error] ?? "unavailable" };
  const tokens = answered(
    await api.POST("/v1/auth/sessions", {
      body: {
        provider: "code",
        code: query.get("code") ?? "",
        codeVerifier: flow.verifier,
        device: { name: deviceName(), platform: "web" },
      },
    }),
  );
  await began(tokens);
  const { pathname } = new URL(flow.returnTo, location.origin);
  return { returnTo: matchRoute(pathname) === undefined ? "/" : flow.returnTo };
}

function takeFlow(): z.infer<typeof flowSchema> | undefined {
  const text = sessionStorage.getItem(FLOW);
  sessionStorage.removeItem(FLOW);
  try {
    return flowSchema.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/** How a person would name this browser, such as "Chrome, Windows". */
function deviceName(): string {
  const agent = navigator.userAgent;
  const named = (pairs: readonly (readonly [RegExp, string])[]) =>
    pairs.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = named([
    [/Edg\//, "Edge"],
    [/SamsungBrowser/, "Samsung Internet"],
    [/Firefox\//, "Firefox"],
    [/Chrome\/|CriOS/, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = named([
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux|X11/, "Linux"],
  ]);
  return [browser ?? "Browser", system].filter(Boolean).join(", ");
}
