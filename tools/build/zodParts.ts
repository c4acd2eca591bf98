import type { Plugin } from "esbuild";
import type { Rewriting } from "./sourcePlugin.ts";

const IMPORTED = /^import \{ z \} from "(?:zod|@hono\/zod-openapi)";$/m;
const OPENAPI = "zod-openapi";

/**
 * Has a bundle take of zod what its sources use: names of a whole module (`import * as z`) can be followed, those of an exported object (`{ z }`)
 * can't, and would bring all languages of its messages.
 */
export const zodParts: Rewriting = {
  filter: /[\\/](?:shared|functions)[\\/].*\.ts$/,
  rewrite: (source) => source.replace(IMPORTED, `import "${OPENAPI}"; import * as z from "zod";`),
};

/**
 * Leaves the OpenAPI builder out of bundles: it is a third of what a start executes, and no function describes itself. `.openapi(…)`, by which
 * schemas get their names in the description, then changes nothing.
 */
export const noOpenapiPlugin: Plugin = {
  name: OPENAPI,
  setup(build) {
    build.onResolve({ filter: /^zod-openapi$/ }, ({ path }) => ({
      path,
      namespace: OPENAPI,
      sideEffects: true,
    }));
    build.onLoad({ filter: /.*/, namespace: OPENAPI }, () => ({
      contents: `import { ZodType } from "zod";
ZodType.prototype.openapi ??= function () { return this; };`,
      resolveDir: build.initialOptions.absWorkingDir ?? ".",
    }));
  },
};
