import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { jobsDeps } from "./deps.ts";
import { jobsApp } from "./routes.ts";

export const jobs: HttpFunction = httpFunction(jobsApp(lazy(jobsDeps)));
