/**
 * `npm run samples -- DIR`: puts samples into the library, where everyone who is signed in sees them.
 *
 *   npm run samples -- DIR                                        into the local cloud that is running
 *   npm run samples -- DIR --api https://… --key-file key.json    into another gateway, with an administrator's key
 *
 * DIR has a folder for each sample; local/samples/README.md says what is in it.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type Gateway, putSamples } from "./putSamples.ts";

const USAGE = "npm run samples -- DIR [--api URL --key-file FILE]";
const endpointsSchema = z.object({ api: z.url(), adminKeyFile: z.string() });

try {
  const { values, positionals } = parseArgs({
    options: { api: { type: "string" }, "key-file": { type: "string" } },
    allowPositionals: true,
  });
  const [directory] = positionals;
  if (directory === undefined || (values.api === undefined) !== (values["key-file"] === undefined)) {
    throw new Error(USAGE);
  }
  const gateway = await gatewayOf(values.api, values["key-file"]);
  const { failed } = await putSamples(directory, gateway, (line) => console.log(line));
  if (failed > 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function gatewayOf(api: string | undefined, keyFile: string | undefined): Promise<Gateway> {
  if (api !== undefined && keyFile !== undefined) return { api: api.replace(/\/+$/, ""), keyFile };
  const text = await readFile(".local/endpoints.json", "utf8").catch(() => {
    throw new Error("no local cloud is running: npm start, or name another with --api and --key-file");
  });
  const endpoints = endpointsSchema.parse(JSON.parse(text));
  return { api: endpoints.api, keyFile: endpoints.adminKeyFile };
}
