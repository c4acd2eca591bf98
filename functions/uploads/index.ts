import type { HttpFunction } from "@google-cloud/functions-framework";
import { early } from "#shared/platform/early.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import { uploadsDeps } from "./deps.ts";
import { uploadsApp } from "./routes.ts";

export const uploads: HttpFunction = httpFunction(uploadsApp(early(uploadsDeps)));
