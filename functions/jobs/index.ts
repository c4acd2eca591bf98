import type { HttpFunction } from "@google-cloud/functions-framework";
import { early } from "#shared/platform/early.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import { jobsDeps } from "./deps.ts";
import { jobsApp } from "./routes.ts";

export const jobs: HttpFunction = httpFunction(jobsApp(early(jobsDeps)));
