/** The language of an answer, by the request's `Accept-Language` (RFC 9110 section 12.5.4; RFC 4647 section 3.4, lookup). */
import { z } from "@hono/zod-openapi";
import { languageDetector } from "hono/language";
import { LANGUAGES } from "../language.ts";

/** For the definition of a route whose answer has sentences for people. */
export const languageHeader = z.object({
  "accept-language": z
    .string()
    .optional()
    .describe(`The language of sentences for people: one of ${LANGUAGES.join(", ")}. English by default.`)
    .openapi({ example: "ko-KR,ko;q=0.9,en;q=0.5" }),
});

/** Sets `c.var.language`: the first of the request's languages that we have, else English. */
export const requestLanguage = languageDetector({
  order: ["header"],
  caches: false,
  supportedLanguages: [...LANGUAGES],
  fallbackLanguage: LANGUAGES[0],
});
