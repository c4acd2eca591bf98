import { writeSync } from "node:fs";

const STANDARD_OUTPUT = 1;
/** How long a full pipe is waited for before it is tried again, in milliseconds. */
const FULL_MS = 5;

/**
 * Standard output, written to at once: a serverless instance may be frozen after its answer. Where it is a pipe that is full, this waits until its
 * reader has read.
 */
export const standardOutput = {
  write(line: string): void {
    let rest: Uint8Array = Buffer.from(line);
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS);
      }
    }
  },
};
