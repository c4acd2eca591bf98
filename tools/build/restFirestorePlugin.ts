import { join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Leaves Google's Firestore client out of a bundle whose own client works by REST (shared/platform/firestore/rest/client.ts). Of the package our
 * code then uses classes of values only, and those have a stand-in.
 */
export const restFirestorePlugin: Plugin = {
  name: "rest-firestore",
  setup(build) {
    const path = join(
      build.initialOptions.absWorkingDir ?? ".",
      "shared/platform/firestore/rest/valueClasses.ts",
    );
    build.onResolve({ filter: /^@google-cloud\/firestore$/ }, () => ({ path }));
  },
};
