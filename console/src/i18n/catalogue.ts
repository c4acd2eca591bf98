import type { en } from "./en.ts";

/** The same keys, and the same parameters of sentences with something in them; other words. */
export type Translated<Texts> = {
  readonly [Key in keyof Texts]: Texts[Key] extends string
    ? string
    : Texts[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Translated<Texts[Key]>;
};

/** All texts of a language. English is the one that the others are checked against. */
export type Catalogue = Translated<typeof en>;
