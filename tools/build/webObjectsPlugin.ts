import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Plugin } from "esbuild";

const NAMES = ["Headers", "Request", "Response"];

/**
 * Gives the router and our own HTTP layer the plain objects of shared/platform/http/webObjects.ts in place of Node's `Headers`, `Request` and
 * `Response`, which a bundle then never touches.
 */
export const webObjectsPlugin: Plugin = {
  name: "web-objects",
  setup(build) {
    const root = build.initialOptions.absWorkingDir ?? ".";
    const objects = join(root, "shared/platform/http/webObjects.ts");
    const filter =
      /[\\/](?:node_modules[\\/]hono[\\/]dist|shared[\\/]platform[\\/]http|functions[\\/][^\\/]+)[\\/].*\.[jt]s$/;
    build.onLoad({ filter }, async ({ path }) => {
      if (path === objects) return null;
      const source = await readFile(path, "utf8");
      const used = NAMES.filter((name) => new RegExp(`\\b(?:new|instanceof) ${name}\\b`).test(source));
      if (used.length === 0) return null;
      const imported = `import { ${used.join(", ")} } from ${JSON.stringify(objects)};\n`;
      return { contents: imported + source, loader: extname(path) === ".ts" ? "ts" : "js" };
    });
  },
};
