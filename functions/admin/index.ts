import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { adminDeps } from "./deps.ts";
import { adminApp } from "./routes.ts";

export const admin: HttpFunction = httpFunction(adminApp(lazy(adminDeps)));
