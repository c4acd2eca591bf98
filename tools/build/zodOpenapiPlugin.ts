import type { Plugin } from "esbuild";

/**
 * Leaves the OpenAPI builder out of bundles: it is a third of what a start executes, and no function describes itself. `.openapi(…)`, by which
 * schemas get their names in the description, then changes nothing.
 */
export const zodOpenapiPlugin: Plugin = {
  name: "zod-openapi",
  setup(build) {
    build.onResolve({ filter: /^@hono\/zod-openapi$/ }, ({ path }) => ({ path, namespace: "zod-openapi" }));
    build.onLoad({ filter: /.*/, namespace: "zod-openapi" }, () => ({
      contents: `import { z } from "zod";
z.ZodType.prototype.openapi ??= function () { return this; };
export { z };`,
      resolveDir: build.initialOptions.absWorkingDir ?? ".",
    }));
  },
};
