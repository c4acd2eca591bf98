import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Rewriting } from "./sourcePlugin.ts";

const IMPORTED = /^import \{ (\w+Route) \} from "(\.\/\w+\.ts)";$/gm;

/**
 * Has a function load each of its routes when it is first called (`lazyRoute`). Beside the import() stands what an app needs to know
 * before: the method and the path, which are read from the route itself here, where bundles are made.
 */
export const lazyRoutes: Rewriting = {
  filter: /[\\/]functions[\\/]\w+[\\/]routes\.ts$/,
  async rewrite(source, path) {
    const routes = await Promise.all(
      [...source.matchAll(IMPORTED)].map(async ([, name = "", file = ""]) => {
        const module = await import(pathToFileURL(join(dirname(path), file)).href);
        const { operationId, method, path: url } = module[name].definition;
        const definition = JSON.stringify({ operationId, method, path: url });
        return `const ${name} = lazyRoute(${definition}, async () => (await import("${file}")).${name});`;
      }),
    );
    const imports = 'import { lazyRoute } from "#shared/platform/http/route.ts";';
    return [imports, source.replaceAll(IMPORTED, ""), ...routes].join("\n");
  },
};
