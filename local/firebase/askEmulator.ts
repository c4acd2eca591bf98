/** Requests to the administrative addresses of an emulator, which fail for moments. */
import { setTimeout as pause } from "node:timers/promises";

const WAIT_MS = 100;

/**
 * Sends a request that may be done twice until it is answered 2xx. The Firestore emulator answers 409 `Transaction lock timeout.` while a
 * transaction is open, and 500 `UNKNOWN` when a listener's stream ended while the listener was notified.
 * @param what names the request, for the error's message
 * @param tries how often it is sent at most; each may have waited for a lock for seconds
 * @throws Error with the last answer's status and body
 */
export async function askEmulator(
  what: string,
  url: string,
  init: () => RequestInit,
  tries = 20,
): Promise<void> {
  for (let sent = 1; ; sent++) {
    const answer = await fetch(url, init());
    const body = await answer.text();
    if (answer.ok) return;
    if (answer.status < 409 || sent >= tries)
      throw new Error(`the emulator answered ${answer.status} to ${what}: ${body.slice(0, 500)}`);
    await pause(WAIT_MS);
  }
}
