import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { workshopDeps } from "./deps.ts";
import { workshopApp } from "./routes.ts";

export const workshop: HttpFunction = httpFunction(workshopApp(lazy(workshopDeps)));
