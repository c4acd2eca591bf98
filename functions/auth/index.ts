import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { authDeps } from "./deps.ts";
import { authApp } from "./routes.ts";

export const auth: HttpFunction = httpFunction(authApp(lazy(authDeps)));
