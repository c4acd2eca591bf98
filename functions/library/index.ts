import type { HttpFunction } from "@google-cloud/functions-framework";
import { early } from "#shared/platform/early.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import { libraryDeps } from "./deps.ts";
import { libraryApp } from "./routes.ts";

export const library: HttpFunction = httpFunction(libraryApp(early(libraryDeps)));
