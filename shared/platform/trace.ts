/**
 * One trace id follows a video from the phone's request to the push message, through every function, task, document and message on
 * its way (W3C Trace Context, https://www.w3.org/TR/trace-context/). Logs carry it; nothing else depends on it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { z } from "zod";
import { smallRandom } from "./ids.ts";

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
/** A trace's id: 32 hexadecimal digits, not all zero. It is no secret and gives no access. */
export const traceId = z.string().regex(TRACE_ID);

interface Trace {
  traceId: string;
}

const traces = new AsyncLocalStorage<Trace>();

/** The trace of the work that is under way; undefined outside of `withTrace`. */
export function currentTrace(): string | undefined {
  return traces.getStore()?.traceId;
}

/** The trace of the request that is being served, to be kept with what it makes. Outside of any request it is a new one. */
export function requestTrace(): string {
  return currentTrace() ?? newTrace();
}

/**
 * Does work under a trace. Logs, tasks, messages and calls to engines that the work makes carry its id.
 * @param id undefined begins a new trace
 */
export function withTrace<T>(id: string | null | undefined, work: () => T): T {
  return traces.run({ traceId: id ?? newTrace() }, work);
}

/**
 * Continues the work that is under way under another trace: that of the job or upload which the request turned out to be about.
 * @param id null or undefined for a document that knows none, which changes nothing
 */
export function adoptTrace(id: string | null | undefined): void {
  const trace = traces.getStore();
  if (trace && id) trace.traceId = id;
}

/** The trace that a request names by `traceparent` or else by Google's older header; undefined when it names none. */
export function traceOfHeaders(header: (name: string) => string | undefined): string | undefined {
  const parent = header("traceparent");
  const google = header("x-cloud-trace-context");
  return [
    parent && /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(parent)?.[1],
    google && /^([0-9a-f]{32})/.exec(google)?.[1],
  ].find((id) => id !== undefined && TRACE_ID.test(id));
}

/** The value of a `traceparent` header for a call that belongs to the trace. */
export function traceparentOf(id: string): string {
  return `00-${id}-${smallRandom(8).toString("hex")}-01`;
}

/** The header that carries the current trace; none outside of a trace. */
export function traceHeaders(): { traceparent?: string } {
  const id = currentTrace();
  return id === undefined ? {} : { traceparent: traceparentOf(id) };
}

function newTrace(): string {
  return smallRandom(16).toString("hex");
}
