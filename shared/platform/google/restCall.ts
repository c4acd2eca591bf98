/** Calls of the REST interface of a Google service that speaks gRPC too. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { grpcStatus } from "../grpcStatus.ts";

const TIMEOUT_MS = 60_000;
const KEEP_ALIVE = { keepAlive: true, maxSockets: 100 } as const;

/** An error by its status code of gRPC, by which Google's clients go. */
export class RestCallError extends Error {
  override readonly name = "RestCallError";
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** @param body is sent as JSON */
export type RestCall = (
  path: string,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<unknown>;

/** The emulators know the project's owner by it. Security rules don't hold that account back. */
const EMULATOR_TOKEN = "owner";

/**
 * @param service.host such as `firestore.googleapis.com`
 * @param service.emulator its `host:port`, in place of Google's interface
 * @param service.accessToken of the function's account
 * @param service.timeoutMs how long a request and its whole answer may take, in milliseconds; a minute unless given
 * @returns sends a request and returns the answer's JSON. Throws RestCallError: `unavailable` when the connection fails, whether or not
 *   the request arrived, as gRPC does
 */
export function restCaller(service: {
  readonly host: string;
  readonly emulator: string | undefined;
  readonly accessToken: () => Promise<string>;
  readonly timeoutMs?: number;
}): RestCall {
  const { emulator, accessToken, timeoutMs = TIMEOUT_MS } = service;
  const [host = service.host, port] = emulator?.split(":") ?? [];
  const agent = new HttpAgent(KEEP_ALIVE);
  const secure = emulator === undefined ? secureRequest() : undefined;
  return async (path, body, headers = {}) => {
    const text = JSON.stringify(body);
    const options = {
      ...{ host, port, path: `/v1/${path}`, method: "POST" },
      headers: {
        authorization: `Bearer ${emulator === undefined ? await accessToken() : EMULATOR_TOKEN}`,
        ...headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      },
    };
    return new Promise((resolve, reject) => {
      const sent = secure ? secure(options) : httpRequest({ ...options, agent });
      sent.on("response", (response: IncomingMessage) => {
        readAnswer(response, service.host).then(resolve, reject);
      });
      const late = setTimeout(() => {
        sent.destroy(
          new RestCallError(grpcStatus.deadlineExceeded, `${service.host} did not answer in time`),
        );
      }, timeoutMs);
      sent.on("close", () => clearTimeout(late));
      sent.on("error", (cause) => {
        if (cause instanceof RestCallError) reject(cause);
        else reject(new RestCallError(grpcStatus.unavailable, `${service.host} can't be reached`, { cause }));
      });
      sent.end(text);
    });
  };
}

/** TLS is loaded where it is used. */
function secureRequest() {
  const { Agent, request } = process.getBuiltinModule("node:https");
  const agent = new Agent(KEEP_ALIVE);
  return (options: object) => request({ ...options, agent });
}

async function readAnswer(response: IncomingMessage, host: string): Promise<unknown> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk);
  } catch (cause) {
    throw new RestCallError(grpcStatus.unavailable, `the answer of ${host} was cut off`, { cause });
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (response.statusCode !== 200) throw failure(response.statusCode ?? 0, text, host);
  const answer = JSON.parse(text);
  // A stream that fails after its beginning has status 200, and the error as its last element.
  if (Array.isArray(answer) && answer.at(-1)?.error !== undefined)
    throw failure(0, JSON.stringify(answer.slice(-1)), host);
  return answer;
}

/** The statuses of gRPC (https://grpc.io/docs/guides/status-codes/) as the REST interface names them. */
const STATUSES: ReadonlyMap<string, number> = new Map(
  [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
  ].map((name, code) => [name, code]),
);

/** The error of an answer: `{error: {status, message}}`, in a list where the answer is a stream. */
function failure(httpStatus: number, text: string, host: string): RestCallError {
  let status: unknown;
  let message = `${host} answered ${httpStatus}`;
  try {
    const answer = JSON.parse(text);
    const error = (Array.isArray(answer) ? answer[0] : answer)?.error;
    status = error?.status;
    if (typeof error?.message === "string") message = error.message;
  } catch {
    // A proxy's page, say.
  }
  const code = typeof status === "string" ? STATUSES.get(status) : undefined;
  const unnamed = httpStatus >= 500 || httpStatus === 429 ? grpcStatus.unavailable : grpcStatus.unknown;
  return new RestCallError(code ?? unnamed, message);
}
