import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { outboundDeps } from "./deps.ts";
import { outboundApp } from "./routes.ts";

export const outbound: HttpFunction = httpFunction(outboundApp(lazy(outboundDeps)));
