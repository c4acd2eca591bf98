/**
 * `npm run doctor -- --project ID` or `--local`: looks at a deployment and says one sentence for each thing, with what to do where it isn't
 * well. It changes nothing. Its exit code is 0 when all is well, 1 when something isn't, 2 when it could not look. With
 * `--fail-on configuration` the state of data and work is said too but doesn't count: a job that failed yesterday fails no deployment.
 *
 *   npm run doctor -- (--project ID [--region REGION] | --local [--endpoints FILE]) [--fail-on configuration] [--json]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { GoogleAuth } from "google-auth-library";
import { z } from "zod";
import { ROOT } from "../build/functions.ts";
import { REGION } from "../build/region.ts";
import { examine } from "./examine.ts";
import { localWorld } from "./localWorld.ts";
import { projectWorld } from "./projectWorld.ts";
import type { World } from "./world.ts";

const now = () => new Date();
process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      project: { type: "string" },
      region: { type: "string", default: REGION },
      local: { type: "boolean", default: false },
      endpoints: { type: "string", default: join(ROOT, ".local/endpoints.json") },
      "fail-on": { type: "string", default: "anything" },
      json: { type: "boolean", default: false },
    },
  });
  try {
    const failOn = z.enum(["anything", "configuration"]).parse(values["fail-on"]);
    const world = await worldOf(values);
    const findings = await examine(world);
    if (values.json) console.log(JSON.stringify({ origin: world.origin, findings }, null, 2));
    else
      for (const { check, ok, sentence } of findings)
        console.log(`${ok ? "ok  " : "BAD "} ${check}: ${sentence}`);
    return findings.some(({ ok, about }) => !ok && (failOn === "anything" || about === failOn)) ? 1 : 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}

async function worldOf(values: {
  project?: string | undefined;
  region: string;
  local: boolean;
  endpoints: string;
}): Promise<World> {
  if (values.local === (values.project !== undefined)) throw new Error("say --project ID, or --local");
  if (values.project === undefined) return localWorld(values.endpoints, now);
  const auth = new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
  return projectWorld({
    projectId: values.project,
    region: values.region,
    accessToken: async () => (await auth.getAccessToken()) ?? "",
    now,
    request: fetch,
  });
}
