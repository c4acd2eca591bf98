import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { sweepDeps } from "./deps.ts";
import { sweepApp } from "./routes.ts";

export const sweep: HttpFunction = httpFunction(sweepApp(lazy(sweepDeps)));
