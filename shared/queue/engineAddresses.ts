import type { Kinds } from "../kinds/index.ts";
import type { EngineAddress, SettingsOf } from "../platform/config/settings.ts";

/** Who is rung for which kinds: the engines of the setting ENGINES, and the function `workshop` for the kinds that are its work. */
export function engineAddresses(
  { ENGINES, WORKSHOP_URL }: SettingsOf<"ENGINES" | "WORKSHOP_URL">,
  kinds: Kinds,
): readonly EngineAddress[] {
  const own = [...kinds.values()].filter(({ workshop }) => workshop).map(({ name }) => name);
  return own.length === 0 ? ENGINES : [...ENGINES, { url: WORKSHOP_URL, kinds: own }];
}
