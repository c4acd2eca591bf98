import type { Language } from "../config/preferences.ts";

/** Each language by its own name. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ko: "한국어" };
