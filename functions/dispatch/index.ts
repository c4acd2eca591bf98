import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/http/app.ts";
import { lazy } from "#shared/lazy.ts";
import { dispatchDeps } from "./deps.ts";
import { dispatchApp } from "./routes.ts";

export const dispatch: HttpFunction = httpFunction(dispatchApp(lazy(dispatchDeps)));
