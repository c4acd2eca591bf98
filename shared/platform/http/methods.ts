import type { App } from "./appEnv.ts";

/** The methods that an app's routes have for a path, with HEAD where there is GET, and OPTIONS; empty when no route has the path. */
export function methodsOf(app: App, path: string): string[] {
  const found = app.routes
    .filter((route) => route.method !== "ALL" && patternOf(route.path).test(path))
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return found.length === 0 ? [] : [...new Set(found), "OPTIONS"];
}

const patterns = new Map<string, RegExp>();

/** A path such as `/v1/jobs/:id`, whose segments are ASCII or a name, as an expression. */
function patternOf(path: string): RegExp {
  const known = patterns.get(path);
  if (known) return known;
  const segments = path
    .split("/")
    .map((segment) => (segment.startsWith(":") ? "[^/]+" : segment.replaceAll(".", "\\.")));
  const made = new RegExp(`^${segments.join("/")}$`);
  patterns.set(path, made);
  return made;
}
