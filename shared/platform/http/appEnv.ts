/** What a request carries with it through an HTTP function. */
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import type { ErrorCode } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import type { AccessClaims } from "./accessToken.ts";
import type { HttpDeps } from "./httpDeps.ts";
import type { ServiceIdentity } from "./serviceToken.ts";

export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: {
    http: HttpDeps;
    requestId: string;
    log: Logger;
    /** What limits per address count the caller by. */
    address: string;
    account: AccessClaims;
    service: ServiceIdentity;
    /** The route that was found, once it was found. */
    route: { readonly operationId: string; readonly errors: ReadonlySet<ErrorCode> };
  };
}
export type App = Hono<AppEnv>;
export type AppContext = Context<AppEnv>;
