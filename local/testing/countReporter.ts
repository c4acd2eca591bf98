/** A reporter for node's test runner that writes its counts as JSON: `{"passed": 12, "failed": 0}`. */
import type { TestEvent } from "node:test/reporters";

export interface Counts {
  readonly passed: number;
  /** Cancelled ones included. */
  readonly failed: number;
}

export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of source) {
    // Each file has a summary too; the one of the whole run names no file.
    if (type !== "test:summary" || data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = data.counts;
    yield JSON.stringify({ passed, failed: tests - passed - skipped - todo } satisfies Counts);
  }
}
