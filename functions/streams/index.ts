import type { HttpFunction } from "@google-cloud/functions-framework";
import { early } from "#shared/platform/early.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import { streamsDeps } from "./deps.ts";
import { streamsApp } from "./routes.ts";

export const streams: HttpFunction = httpFunction(streamsApp(early(streamsDeps)));
