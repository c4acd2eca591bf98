import { join } from "node:path";
import type { Plugin } from "esbuild";

/** The client that listens, which only Google's can. */
const LISTENS = /[\\/]shared[\\/]platform[\\/]firestore[\\/]client\.ts$/;

/**
 * Leaves Google's Firestore client out of a bundle whose own client works by REST (shared/platform/firestore/rest/client.ts). Of the package our
 * code then uses classes of values only, and those have a stand-in. `streams` loads Google's client when there is first something to listen to.
 */
export const restFirestorePlugin: Plugin = {
  name: "rest-firestore",
  setup(build) {
    const path = join(
      build.initialOptions.absWorkingDir ?? ".",
      "shared/platform/firestore/rest/valueClasses.ts",
    );
    build.onResolve({ filter: /^@google-cloud\/firestore$/ }, ({ importer }) =>
      LISTENS.test(importer) ? undefined : { path },
    );
  },
};
