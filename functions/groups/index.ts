import type { HttpFunction } from "@google-cloud/functions-framework";
import { early } from "#shared/platform/early.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import { groupsDeps } from "./deps.ts";
import { groupsApp } from "./routes.ts";

export const groups: HttpFunction = httpFunction(groupsApp(early(groupsDeps)));
