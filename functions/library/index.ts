import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { libraryDeps } from "./deps.ts";
import { libraryApp } from "./routes.ts";

export const library: HttpFunction = httpFunction(libraryApp(lazy(libraryDeps)));
