/** The console's texts in the language that is chosen. */
import { signal } from "@preact/signals";
import type { Language } from "../config/preferences.ts";
import type { Catalogue } from "./catalogue.ts";

const loaders: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: async () => (await import("./en.ts")).en,
  ko: async () => (await import("./ko.ts")).ko,
};

const current = signal<{ readonly language: Language; readonly texts: Catalogue } | undefined>(undefined);

/** Loads a language and shows it. Of two calls the later one counts, in what order they load. */
export async function showLanguage(language: Language): Promise<void> {
  wanted = language;
  const texts = await loaders[language]();
  if (wanted === language) current.value = { language, texts };
}
let wanted: Language;

/** The texts that are shown; a component that calls it is drawn again when the language changes. */
export function t(): Catalogue {
  if (current.value === undefined) throw new Error("texts are used before they are loaded");
  return current.value.texts;
}

/** The language that is shown, for dates and numbers. */
export function shownLanguage(): Language {
  return current.value?.language ?? "en";
}
