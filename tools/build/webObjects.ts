import { join } from "node:path";
import type { Rewriting } from "./sourcePlugin.ts";

const NAMES = ["Headers", "Request", "Response"];

/**
 * Gives the router, our own HTTP layer, the functions and what fetches the keys of tokens the plain objects of shared/platform/http/webObjects.ts in place
 * of Node's `Headers`, `Request` and `Response`, which a bundle then never touches.
 */
export function webObjects(root: string): Rewriting {
  const objects = join(root, "shared/platform/http/webObjects.ts");
  return {
    filter:
      /[\\/](?:node_modules[\\/]hono[\\/]dist|node_modules[\\/]jose[\\/]dist[\\/]webapi[\\/]jwks|shared[\\/]platform[\\/]http|functions[\\/][^\\/]+)[\\/].*\.[jt]s$/,
    rewrite(source, path) {
      if (path === objects) return source;
      const used = NAMES.filter((name) => new RegExp(`\\b(?:new|instanceof) ${name}\\b`).test(source));
      return used.length === 0
        ? source
        : `import { ${used.join(", ")} } from ${JSON.stringify(objects)};\n${source}`;
    },
  };
}
