import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { uploadsDeps } from "./deps.ts";
import { uploadsApp } from "./routes.ts";

export const uploads: HttpFunction = httpFunction(uploadsApp(lazy(uploadsDeps)));
