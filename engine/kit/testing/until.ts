import { setTimeout as sleep } from "node:timers/promises";

/** Waits for a condition; throws with `what` when it hasn't come true by the deadline. */
export async function until(what: string, condition: () => boolean, deadlineSeconds = 30): Promise<void> {
  const deadline = performance.now() + deadlineSeconds * 1000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`still waiting: ${what}`);
    await sleep(20);
  }
}
