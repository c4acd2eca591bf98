import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "./clock.ts";
import { hasCompiledFiles } from "./compiledFiles.ts";
import type { SettingsOf } from "./config/settings.ts";
import { type NewId, type RandomBytes, randomId } from "./ids.ts";
import { createLogger, type Logger } from "./log/logger.ts";

/** What every function uses. */
export interface BaseDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}

/** @param name the function's; each line of its log carries it */
export function baseDeps(name: string, settings: SettingsOf<"LOG_LEVEL" | "GOOGLE_CLOUD_PROJECT">): BaseDeps {
  const log = createLogger(settings.LOG_LEVEL, { function: name }, settings.GOOGLE_CLOUD_PROJECT);
  log.info("instance_started", { isCompiled: hasCompiledFiles() });
  return {
    log,
    clock: systemClock,
    newId: randomId,
    randomBytes,
  };
}
