import { shownLanguage } from "../../i18n/text.ts";
import type { LookTexts } from "./catalogue.ts";
import { en } from "./en.ts";
import { ko } from "./ko.ts";

/** The viewer's texts in the language that is shown; a component that calls it is drawn again when the language changes. */
export function lookTexts(): LookTexts {
  return { en, ko }[shownLanguage()];
}
