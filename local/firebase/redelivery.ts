/** What Eventarc does and the functions emulator doesn't: an event is delivered until its function has acknowledged it. */

import { Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

/** Takes a worker's answer to one delivery: the methods of Node's and Express' responses that the emulator uses. */
export class Answer extends Writable {
  /** 0 as long as nothing was answered. */
  statusCode = 0;

  constructor() {
    super({ write: (_chunk, _encoding, done) => done() });
    this.on("error", () => {}); // written to after its end, when a worker dies while it answers
  }

  writeHead(status: number): this {
    this.statusCode = status;
    return this;
  }

  status(status: number): this {
    return this.writeHead(status);
  }

  send(_body: unknown): this {
    return this.end();
  }
}

/** Waits before each redelivery; the last one is repeated. */
const WAITS_MS = [500, 1_000, 2_000, 5_000, 10_000];
/** Eventarc gives an event up after a day, which no local cloud needs. */
const TRIES = 120;

/**
 * Delivers an event again and again until a worker answers 2xx: one that was killed, was not ready in time or ran too long answers 500 or
 * nothing.
 * @param deliver one delivery; may reject, and may end without an answer
 * @returns the last status
 */
export async function deliverUntilAcknowledged(
  deliver: (answer: Answer) => Promise<void>,
  wait: (milliseconds: number) => Promise<unknown> = pause,
): Promise<number> {
  for (let tries = 1; ; tries++) {
    const answer = new Answer();
    let reason = "";
    try {
      await deliver(answer);
    } catch (error) {
      reason = String(error);
    }
    const { statusCode } = answer;
    if ((statusCode >= 200 && statusCode < 300) || tries === TRIES) return statusCode || 503;
    console.error(
      JSON.stringify({ severity: "WARNING", message: "event_redelivered", tries, statusCode, reason }),
    );
    await wait(WAITS_MS[Math.min(tries, WAITS_MS.length) - 1] ?? 0);
  }
}
