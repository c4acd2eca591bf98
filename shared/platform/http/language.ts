/** The language of an answer, by the request's `Accept-Language` (RFC 9110 section 12.5.4; RFC 4647 section 3.4, lookup). */
import { z } from "@hono/zod-openapi";
import { type DetectorOptions, detectFromHeader } from "hono/language";
import { LANGUAGES, type Language } from "../language.ts";
import type { AppContext } from "./appEnv.ts";

/** For the definition of a route whose answer has sentences for people. */
export const languageHeader = z.object({
  "accept-language": z
    .string()
    .optional()
    .describe(`The language of sentences for people: one of ${LANGUAGES.join(", ")}. English by default.`)
    .openapi({ example: "ko-KR,ko;q=0.9,en;q=0.5" }),
});

const options: DetectorOptions = {
  order: ["header"],
  lookupFromHeaderKey: "accept-language",
  ignoreCase: true,
  supportedLanguages: [...LANGUAGES],
  fallbackLanguage: LANGUAGES[0],
  caches: false,
  // Of ways that aren't used.
  ...{ lookupQueryString: "", lookupCookie: "", lookupFromPathIndex: 0 },
};

/** The first of the request's languages that we have, else English. */
export function languageOf(c: AppContext): Language {
  const found = detectFromHeader(c, options);
  return LANGUAGES.find((language) => language === found) ?? LANGUAGES[0];
}
