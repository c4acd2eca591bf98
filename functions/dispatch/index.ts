import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { dispatchDeps } from "./deps.ts";
import { dispatchApp } from "./routes.ts";

export const dispatch: HttpFunction = httpFunction(dispatchApp(lazy(dispatchDeps)));
