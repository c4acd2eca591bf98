import type { Translated } from "../../i18n/catalogue.ts";
import type { en } from "./en.ts";

/** All texts of the viewer in one language. English is the one that the others are checked against. */
export type LookTexts = Translated<typeof en>;
