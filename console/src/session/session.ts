/** The session of this browser, which all of its tabs share. */
import { signal } from "@preact/signals";
import { OfflineError, ProblemError, SignedOutError } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { type Tokens, tokenKeeper } from "./tokenKeeper.ts";
import { clearSession, readSession, writeSession } from "./vault.ts";

/** Whether someone is signed in; `unknown` until storage was read. */
export type SessionState = "unknown" | "in" | "out";
export const sessionState = signal<SessionState>("unknown");

/** One tab at a time refreshes, begins or ends the session. */
const LOCK = "reverie-session";
const channel = new BroadcastChannel("reverie-session");

const keeper = tokenKeeper({
  store: { read: readSession, write: writeSession, clear: clearSession },
  locked: (work) => navigator.locks.request(LOCK, work),
  refresh,
  newKey: () => crypto.randomUUID(),
  now: () => performance.now(),
  ended: () => leave(true),
});

/** Reads what is stored, and follows the other tabs. */
export async function openSession(): Promise<void> {
  channel.addEventListener("message", ({ data }) => {
    if (data !== "out" && data !== "in") return;
    keeper.forgetMemory();
    // The one who signed in may be another person: the pages of the one before are taken away first.
    leave(false);
    if (data === "in") sessionState.value = "in";
  });
  sessionState.value = (await readSession()) === undefined ? "out" : "in";
}

/** @throws SignedOutError, OfflineError, ProblemError */
export const accessToken = (): Promise<string> => keeper.accessToken();
export const tokenRefused = (token: string): void => keeper.refused(token);

/** Begins the session that a sign-in was answered. */
export async function began(tokens: Tokens): Promise<void> {
  await keeper.begin(tokens);
  sessionState.value = "in";
  channel.postMessage("in");
}

/** Signs out here and in all tabs. The API is asked first; when it gives no answer, the tokens are forgotten all the same. */
export async function signOut(): Promise<void> {
  try {
    const token = await keeper.accessToken();
    await fetch("/v1/auth/sessions/current", {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
  } catch (error) {
    if (
      !(
        error instanceof SignedOutError ||
        error instanceof OfflineError ||
        error instanceof ProblemError ||
        error instanceof TypeError
      )
    )
      throw error;
  }
  await forgetSession();
}

/** Forgets the session here and in all tabs, for one that the API has ended. */
export async function forgetSession(): Promise<void> {
  await keeper.forget();
  leave(true);
}

function leave(everywhere: boolean): void {
  sessionState.value = "out";
  if (everywhere) channel.postMessage("out");
}

async function refresh(refreshToken: string, attemptKey: string): Promise<Tokens> {
  const answer = await fetch("/v1/auth/tokens", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": attemptKey },
    body: JSON.stringify({ refreshToken }),
  }).catch((error: unknown) => {
    throw new OfflineError(error);
  });
  const text = await answer.text().catch((error: unknown) => {
    throw new OfflineError(error);
  });
  if (!answer.ok) throw new ProblemError(parsed(text), answer);
  // The operation's answer, as the document describes it.
  return JSON.parse(text) as components["schemas"]["Tokens"];
}

function parsed(text: string): Partial<components["schemas"]["Problem"]> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
