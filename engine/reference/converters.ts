import { buildAvatar } from "./avatar/buildAvatar.ts";
import type { Converter } from "./conversion.ts";
import { buildScene } from "./scene/buildScene.ts";

/** What this engine can make, by the kind of job. */
export const converters: ReadonlyMap<string, Converter> = new Map([
  ["scene", buildScene],
  ["avatar", buildAvatar],
]);
