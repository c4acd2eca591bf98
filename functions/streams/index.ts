import type { HttpFunction } from "@google-cloud/functions-framework";
import { httpFunction } from "#shared/platform/http/function.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { streamsDeps } from "./deps.ts";
import { streamsApp } from "./routes.ts";

export const streams: HttpFunction = httpFunction(streamsApp(lazy(streamsDeps)));
