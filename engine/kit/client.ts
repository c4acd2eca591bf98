import { z } from "zod";
import { traceHeaders } from "#shared/platform/trace.ts";
import type { IdTokens } from "./idToken.ts";
import type { FileRole } from "./work.ts";

const inputSchema = z.object({
  url: z.url(),
  contentType: z.string(),
  size: z.number().int().nonnegative(),
  crc32c: z.string(),
});
const leaseSchema = z.object({
  leaseId: z.string(),
  expiresAt: z.coerce.date(),
  /** Carried by each call about this lease (W3C Trace Context), so that the gateway's logs of the job are found together. */
  traceparent: z.string(),
  job: z.object({
    id: z.string(),
    kind: z.string(),
    title: z.string(),
    params: z.record(z.string(), z.unknown()),
    attempt: z.number().int(),
  }),
  inputs: z.record(z.string(), inputSchema),
});
const leasesSchema = z.object({ leases: z.array(leaseSchema) });
const renewalSchema = z.object({ expiresAt: z.coerce.date(), cancelRequested: z.boolean() });
const outputsSchema = z.object({
  files: z.array(
    z.object({
      name: z.string(),
      method: z.string(),
      url: z.url(),
      headers: z.record(z.string(), z.string()),
    }),
  ),
});
const problemSchema = z.object({ code: z.string(), detail: z.string().optional() });

export type Lease = z.infer<typeof leaseSchema>;
export type LeaseInput = z.infer<typeof inputSchema>;
export type Renewal = z.infer<typeof renewalSchema>;
/** How to upload one file: exactly this method, URL and these headers were signed. */
export type SignedUpload = z.infer<typeof outputsSchema>["files"][number];

export interface OutputFile {
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
}

export interface CompletedFile {
  readonly name: string;
  readonly crc32c: string;
  /** May be left out where only one is possible. */
  readonly role?: FileRole;
}

/** The gateway refused: an RFC 9457 problem with its code, or a bare status from something in between. */
export class GatewayRefusedError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, detail: string, retryAfterSeconds: number | undefined) {
    super(`${status} ${code}: ${detail}`);
    this.name = "GatewayRefusedError";
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer, or one that can't be understood; the call may have had its effect. */
export class GatewayUnreachableError extends Error {
  constructor(cause: unknown) {
    super("the gateway gave no answer", { cause });
    this.name = "GatewayUnreachableError";
  }
}

/** Whether the lease has ended, so that nothing done for it has an effect. */
export function isLeaseLost(error: unknown): boolean {
  return error instanceof GatewayRefusedError && error.status === 409 && error.code === "lease_lost";
}

/** For `retrying`: lost answers, 5xx and 429 are worth another attempt, other refusals aren't. */
export function worthAnotherCall(error: unknown): number | undefined {
  if (error instanceof GatewayUnreachableError) return 0;
  if (!(error instanceof GatewayRefusedError)) return undefined;
  return error.status >= 500 || error.status === 429 ? (error.retryAfterSeconds ?? 0) : undefined;
}

const TIMEOUT_MS = 30_000;

/** The gateway's routes for engines (docs/engine.md). Each call is made once; repeating is the caller's choice. */
export class EngineClient {
  readonly #base: string;
  readonly #tokens: IdTokens;

  /** @param apiBase origin of the gateway */
  constructor(apiBase: string, tokens: IdTokens) {
    this.#base = `${apiBase.replace(/\/+$/, "")}/v1/engine/leases`;
    this.#tokens = tokens;
  }

  /** Asks for work. The same `idempotencyKey` finds the leases of an answer that was lost. */
  async lease(
    request: {
      readonly engineId: string;
      readonly kinds: readonly string[];
      readonly max: number;
      readonly leaseSeconds: number;
    },
    idempotencyKey: string,
  ): Promise<readonly Lease[]> {
    const answer = await this.#post("", request, { "idempotency-key": idempotencyKey });
    return read(leasesSchema, answer).leases;
  }

  async renew(
    leaseId: string,
    report: { readonly progress: number; readonly stage: string; readonly leaseSeconds: number },
  ): Promise<Renewal> {
    return read(renewalSchema, await this.#post(`/${leaseId}/renew`, report));
  }

  async outputs(leaseId: string, files: readonly OutputFile[]): Promise<readonly SignedUpload[]> {
    return read(outputsSchema, await this.#post(`/${leaseId}/outputs`, { files })).files;
  }

  async complete(
    leaseId: string,
    result: {
      readonly files: readonly CompletedFile[];
      readonly data?: Readonly<Record<string, unknown>>;
    },
  ): Promise<void> {
    await this.#post(`/${leaseId}/complete`, result);
  }

  async fail(
    leaseId: string,
    why: { readonly code: string; readonly message: string; readonly retryable: boolean },
  ): Promise<void> {
    await this.#post(`/${leaseId}/fail`, why);
  }

  async release(leaseId: string): Promise<void> {
    await this.#post(`/${leaseId}/release`, {});
  }

  async #post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const answer = await this.#ask(path, body, headers);
    if (answer.status !== 401) return await outcome(answer);
    // The token may have been withdrawn or the clock may be off: one more try with a fresh one.
    await answer.body?.cancel();
    this.#tokens.forget();
    return await outcome(await this.#ask(path, body, headers));
  }

  async #ask(path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<Response> {
    try {
      return await fetch(this.#base + path, {
        method: "POST",
        headers: {
          ...headers,
          ...traceHeaders(),
          authorization: `Bearer ${await this.#tokens.current()}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new GatewayUnreachableError(error);
    }
  }
}

async function outcome(answer: Response): Promise<unknown> {
  const body = await answer.json().catch(() => undefined);
  if (answer.ok) return body;
  const problem = problemSchema.safeParse(body).data;
  const retryAfter = Number(answer.headers.get("retry-after") ?? Number.NaN);
  throw new GatewayRefusedError(
    answer.status,
    problem?.code ?? "unknown",
    problem?.detail ?? answer.statusText,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

/** A body cut off on the way is as good as no answer. */
function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new GatewayUnreachableError(parsed.error);
}
