import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

const GENERATED = /@google-cloud[\\/]tasks[\\/]build[\\/]esm[\\/]src[\\/]v2[\\/]cloud_tasks_client\.js$/;
const READS_JSON = /getJSON\(path\.join\(dirname, ((?:'[^']+'(?:, )?)+)\)\)/g;
const FINDS_ITSELF = "path.dirname(fileURLToPath(import.meta.url))";

/**
 * Lets the Cloud Tasks client be bundled. It reads its protos at run time from beside its own file, which is nowhere once it is part of
 * a bundle, so those reads become imports. Of its three API versions only v2 is taken along, a third of the size.
 */
export const tasksClientPlugin: Plugin = {
  name: "tasks-client",
  setup(build) {
    build.onResolve({ filter: /^@google-cloud\/tasks$/ }, () => ({
      path: join(
        build.initialOptions.absWorkingDir ?? ".",
        "node_modules/@google-cloud/tasks/build/esm/src/v2/index.js",
      ),
    }));
    build.onLoad({ filter: GENERATED }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const bound = source.replace(FINDS_ITSELF, '""').replaceAll(READS_JSON, (_read, parts: string) => {
        const file = join(dirname(path), ...parts.split(", ").map((part) => part.slice(1, -1)));
        return `require(${JSON.stringify(file)})`;
      });
      if (bound.includes("import.meta") || bound.includes("getJSON(")) {
        throw new Error("the Cloud Tasks client reads files in a way this build doesn't know");
      }
      return { contents: bound, loader: "js" };
    });
  },
};
