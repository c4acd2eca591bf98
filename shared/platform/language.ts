/** The languages that texts for people are written in. The first one is for a person whose language is not known. */
export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];
