/**
 * The metadata server as a Cloud Run instance sees it (https://cloud.google.com/run/docs/container-contract#metadata-server):
 * `GCE_METADATA_HOST` leads Google's client libraries here.
 */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import type { ServiceAccount } from "./keys.ts";
import { rawQuery } from "./requests.ts";
import { TOKEN_SECONDS, type Tokens } from "./tokens.ts";

export interface MetadataDeps {
  readonly projectId: string;
  readonly region: string;
  /** The account that functions run as. */
  readonly runtime: ServiceAccount;
  readonly tokens: Tokens;
}

/** A leaf is a value, or is made for each request; a directory holds entries. */
type Leaf = string | number | readonly string[] | ((query: URLSearchParams) => Promise<Made> | Made);
type Made = { readonly text: string; readonly type?: string } | { readonly refused: string };
interface Directory {
  readonly [name: string]: Leaf | Directory;
}

const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";
const BASE = "/computeMetadata/v1";

export function metadataRoutes(deps: MetadataDeps): Hono {
  const tree = metadataTree(deps);
  const routes = new Hono();
  routes.use("/computeMetadata/*", async (c, next) => {
    await next();
    c.header("metadata-flavor", "Google");
    c.header("server", "Metadata Server for VM");
  });
  routes.get("/computeMetadata/*", async (c) => {
    // Both rules keep a web page or a proxy from asking in another's name.
    if (c.req.header("metadata-flavor") !== "Google")
      return c.text("Missing Metadata-Flavor:Google header.", 403);
    if (c.req.header("x-forwarded-for") !== undefined)
      return c.text("Requests with X-Forwarded-For are refused.", 403);
    const { pathname } = new URL(c.req.url);
    if (pathname !== BASE && !pathname.startsWith(`${BASE}/`)) return c.text("Not found", 404);
    const found = find(tree, pathname.slice(BASE.length).split("/"));
    return found === undefined
      ? c.text("Not found", 404)
      : present(c, found, new URLSearchParams(rawQuery(c)));
  });
  return routes;
}

function metadataTree({ projectId, region, runtime, tokens }: MetadataDeps): Directory {
  const number = projectNumber(projectId);
  const account: Directory = {
    aliases: ["default"],
    email: runtime.email,
    identity: async (query) => {
      const audience = query.get("audience");
      if (audience === null || audience === "") return { refused: "non-empty audience parameter required" };
      return { text: await tokens.serviceIdToken(runtime, audience) };
    },
    scopes: [CLOUD_PLATFORM],
    token: (query) => {
      const scopes = query.get("scopes")?.replaceAll(",", " ") || CLOUD_PLATFORM;
      const token = tokens.serviceAccessToken(runtime, scopes);
      const text = JSON.stringify({
        access_token: token,
        expires_in: TOKEN_SECONDS - 1,
        token_type: "Bearer",
      });
      return { text, type: "application/json" };
    },
  };
  return {
    instance: {
      id: createHash("sha256").update(projectId).digest("hex"),
      region: `projects/${number}/regions/${region}`,
      "service-accounts": { default: account, [runtime.email]: account },
      zone: `projects/${number}/zones/${region}-1`,
    },
    project: { "numeric-project-id": number, "project-id": projectId },
    universe: { "universe-domain": "googleapis.com" },
  };
}

/** Twelve digits that stand for the project, the same ones at every start. */
function projectNumber(projectId: string): number {
  return (
    100_000_000_000 + (createHash("sha256").update(projectId).digest().readUIntBE(0, 5) % 900_000_000_000)
  );
}

function find(tree: Directory, segments: readonly string[]): Leaf | Directory | undefined {
  let here: Leaf | Directory = tree;
  for (const segment of segments) {
    if (segment === "") continue;
    if (!isDirectory(here) || !Object.hasOwn(here, decoded(segment))) return undefined;
    const next: Leaf | Directory | undefined = here[decoded(segment)];
    if (next === undefined) return undefined;
    here = next;
  }
  return here;
}

/** An address in a path may come with its @ encoded. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function present(c: Context, found: Leaf | Directory, query: URLSearchParams): Promise<Response> {
  if (typeof found === "function") {
    const made = await found(query);
    if ("refused" in made) return c.text(made.refused, 400);
    return c.body(made.text, 200, { "content-type": made.type ?? "text/html" });
  }
  const text = { "content-type": "application/text" };
  if (query.get("alt") === "json" || (query.get("recursive") === "true" && query.get("alt") !== "text"))
    return c.json(isDirectory(found) ? recursive(found) : found);
  if (isDirectory(found)) {
    const names = Object.entries(found).map(([name, entry]) => (isDirectory(entry) ? `${name}/` : name));
    return c.body(`${names.join("\n")}\n`, 200, text);
  }
  return c.body(Array.isArray(found) ? `${found.join("\n")}\n` : String(found), 200, text);
}

/** A directory as one JSON value: names in camel case, without what is made on request. */
function recursive(directory: Directory): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(directory)
      .filter(([, entry]) => typeof entry !== "function")
      .map(([name, entry]) => [
        name.includes("@") ? name : name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
        isDirectory(entry) ? recursive(entry) : entry,
      ]),
  );
}

function isDirectory(entry: Leaf | Directory): entry is Directory {
  return typeof entry === "object" && !Array.isArray(entry);
}
