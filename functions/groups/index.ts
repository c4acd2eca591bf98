import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { groupsDeps } from "./deps.ts";
import { groupsApp } from "./routes.ts";

export const groups: HttpFunction = httpFunction(groupsApp(lazy(groupsDeps)));
