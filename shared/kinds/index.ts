import { avatar } from "./avatar.ts";
import type { Kind } from "./kind.ts";
import { scene } from "./scene.ts";
import { session } from "./session.ts";

/** Every kind of job, by its name. */
export type Kinds = ReadonlyMap<string, Kind>;

/** A registry of these kinds; tests make their own with one more. */
export function kindsOf(...kinds: readonly Kind[]): Kinds {
  return new Map(kinds.map((kind) => [kind.name, kind]));
}

/** The kinds this deployment knows. */
export const kinds: Kinds = kindsOf(scene, avatar, session);
