/** The API, typed by its own document. Whose access token goes with a request is set by the session. */
import createClient from "openapi-fetch";
import { language } from "../config/preferences.ts";
import { OfflineError } from "./problem.ts";
import type { paths } from "./schema.d.ts";

/** Gives the tokens that requests carry. */
export interface TokenSource {
  /** @throws SignedOutError */
  token(): Promise<string>;
  refused(token: string): void;
}

let tokens: TokenSource | undefined;

export function useTokens(source: TokenSource): void {
  tokens = source;
}

/** What needs no session, and would only fail because of one that has ended. */
const PUBLIC = new Set(["/v1/auth/sessions POST", "/v1/status GET"]);

/**
 * The client. Each call answers `{data, error, response}`; see `answered`.
 * @throws OfflineError when no answer came, SignedOutError when there is no session
 */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

async function send(request: Request): Promise<Response> {
  request.headers.set("accept-language", language.peek());
  const name = `${new URL(request.url).pathname} ${request.method}`;
  if (tokens === undefined || PUBLIC.has(name)) return reach(request);
  // A body can be sent once, and the first answer may be that the token has expired.
  const again = request.clone();
  const token = await tokens.token();
  const answer = await reach(withToken(request, token));
  if (answer.status !== 401) return answer;
  tokens.refused(token);
  return reach(withToken(again, await tokens.token()));
}

function withToken(request: Request, token: string): Request {
  request.headers.set("authorization", `Bearer ${token}`);
  return request;
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new OfflineError(error);
  }
}
