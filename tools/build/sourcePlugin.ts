import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Plugin } from "esbuild";

/** Changes the text of some sources on their way into a bundle. */
export interface Rewriting {
  /** The sources that are changed. */
  readonly filter: RegExp;
  /** @returns the new text, or the same */
  readonly rewrite: (source: string, path: string) => string | Promise<string>;
}

/** Applies rewritings one after the other, since esbuild lets one plugin load a file. */
export function sourcePlugin(rewritings: readonly Rewriting[]): Plugin {
  return {
    name: "source",
    setup(build) {
      const filter = new RegExp(rewritings.map((one) => `(?:${one.filter.source})`).join("|"));
      build.onLoad({ filter }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        let contents = source;
        for (const { filter, rewrite } of rewritings)
          if (filter.test(path)) contents = await rewrite(contents, path);
        if (contents === source) return null;
        return { contents, loader: extname(path) === ".ts" ? "ts" : "js" };
      });
    },
  };
}
