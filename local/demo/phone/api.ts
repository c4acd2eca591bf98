/** A caller of the API as a phone app would write one: JSON in, JSON out, problems as exceptions. */

import { traceHeaders } from "#shared/platform/trace.ts";

/** What an RFC 9457 answer says, as an exception. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: Readonly<Record<string, unknown>>;
  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(
      `${status} ${String(body.code ?? "")}: ${String(body.detail ?? body.title ?? "no problem document")}`,
    );
    this.name = "ProblemError";
    this.status = status;
    this.code = String(body.code ?? "");
    this.body = body;
  }
}

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/**
 * One call. It carries the current trace, as an app that wants to find its own requests in the logs would send it.
 * @returns the parsed body, or undefined for 204
 * @throws ProblemError for every status of 400 and more
 */
export async function call(
  base: string,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Record<string, unknown> | undefined> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...traceHeaders(),
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.idempotencyKey === undefined ? {} : { "idempotency-key": options.idempotencyKey }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const body = parsed(text);
  if (!response.ok) throw new ProblemError(response.status, body ?? { detail: text.slice(0, 200) });
  return body;
}

function parsed(text: string): Record<string, unknown> | undefined {
  if (text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    // An object is what every route answers; anything else has no fields to read.
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
