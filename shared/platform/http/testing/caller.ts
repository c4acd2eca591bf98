/** Calls routes as a phone or an engine would, in this process: for the tests that stand beside the routes. */
import { errors } from "../../errors.ts";
import { silentLogger } from "../../log/logger.ts";
import { appOf } from "../app.ts";
import type { App } from "../appEnv.ts";
import type { HttpDeps } from "../httpDeps.ts";
import type { Route } from "../route.ts";

/** Who calls unless a test says otherwise: the token is the person's id. */
export const PERSON = "person00000000000000000000";
/** The id of every request. */
export const REQUEST_ID = "request0000000000000000000";

export interface Ask {
  readonly body?: unknown;
  /** The body's text as it is, under the content type of JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The bearer token; null for none. */
  readonly token?: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, read by a test that knows what it asked for. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it with what they expect, field by field
  readonly json: any;
}

/** `ask("GET", "/v1/me")` */
export type Caller = (method: string, path: string, ask?: Ask) => Promise<Answer>;

/** What an app's edge works with in tests: any token of a person's id is good, `bad` is not; `service` is the one service account. */
export const testHttp: HttpDeps = {
  log: silentLogger,
  newId: () => REQUEST_ID,
  edge: "none",
  refuseUndeclaredErrors: true,
  verifyAccessToken: async (token) => {
    if (token === "bad" || token === "service") throw errors.tokenInvalid("no such token");
    return { userId: token, sessionId: `session-of-${token}`, role: null };
  },
  verifyServiceToken: async (token) => {
    if (token !== "service") throw errors.tokenInvalid("no such token");
    return { email: "service@example.com", subject: "service-account" };
  },
};

/** Calls an app of this one route, whose operation works with `deps`. */
export function callerOf<Deps extends object>(route: Route<Deps>, deps: Deps, http = testHttp): Caller {
  // Own properties stay where they are: deps may be an object that must not be touched.
  return callsOf(appOf(() => ({ http }), [{ ...route, handler: () => route.handler(() => deps) }]));
}

/** Calls a whole app. */
export function callsOf(app: App): Caller {
  return async (method, path, { body, text = JSON.stringify(body), headers = {}, token = PERSON } = {}) => {
    const response = await app.request(path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(text === undefined
          ? {}
          : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const answered = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text: answered,
      json: isJson ? JSON.parse(answered) : undefined,
    };
  };
}

/** An operation that must not be reached. */
export function unreached(): never {
  throw new Error("the operation was reached");
}
