import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { engineDeps } from "./deps.ts";
import { engineApp } from "./routes.ts";

export const engine: HttpFunction = httpFunction(engineApp(lazy(engineDeps)));
