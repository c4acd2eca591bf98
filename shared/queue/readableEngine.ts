import type { DocumentSnapshot } from "@google-cloud/firestore";
import type { Logger } from "../platform/log/logger.ts";

/**
 * What a document of `engines` or `engineRecords` says; undefined when there is none, or when it doesn't fit its schema. That is logged, and
 * the engine is treated as one that nothing is known of: neither its own requests nor those of others fail for it. The next write to the
 * document replaces what it says.
 */
export function readableEngine<Content extends object>(
  snapshot: Pick<DocumentSnapshot<Content, Content>, "ref" | "data">,
  log: Logger,
): Content | undefined {
  try {
    return snapshot.data();
  } catch (error) {
    log.error("engine_unreadable", { document: snapshot.ref.path, error });
    return undefined;
  }
}
