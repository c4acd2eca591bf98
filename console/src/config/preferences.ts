/** What a person chose for this browser: language, light or dark, size of text. */
import { effect, signal } from "@preact/signals";
import { keepChoice, readChoice } from "./storage.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const TEXT_SIZES = ["normal", "large", "larger"] as const;
export type TextSize = (typeof TEXT_SIZES)[number];
export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

export const theme = signal<Theme>(stored("theme", THEMES) ?? "system");
export const textSize = signal<TextSize>(stored("text-size", TEXT_SIZES) ?? "normal");
export const language = signal<Language>(
  stored("language", LANGUAGES) ?? (navigator.language.startsWith("ko") ? "ko" : "en"),
);

/** Keeps the document and the browser's storage as the preferences are. */
export function applyPreferences(): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === "system") delete dataset.theme;
    else dataset.theme = theme.value;
    dataset.text = textSize.value;
    keepChoice("theme", theme.value);
    keepChoice("text-size", textSize.value);
  });
  effect(() => {
    document.documentElement.lang = language.value;
    keepChoice("language", language.value);
  });
}

function stored<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
  const found = readChoice(name);
  return values.find((value) => value === found);
}
