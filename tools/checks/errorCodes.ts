/** Finds places that give an error code another status than the catalogue does. */
import { errors } from "#shared/platform/errors.ts";

const statusOf: ReadonlyMap<string, number> = new Map(
  Object.values(errors).map(({ code, status }) => [code, status]),
);
/** A status beside a code, as code, tests and documents write them: `409 lease_lost`, `[404, "not_found"]`, "401 `token_spent`". */
const STATUS_THEN_CODE = /\b([45]\d\d)\b[ ,"'`]{1,4}([a-z]+(?:_[a-z]+)*)\b/g;
/** The other order: `refusal("code_rejected", 422)`, "`code_rejected` (422". */
const CODE_THEN_STATUS = /["'`]([a-z]+(?:_[a-z]+)*)["'`][ ,(]{1,3}([45]\d\d)\b/g;

/**
 * A sentence for each place of a text that pairs a known code with a status that is not its own, or makes an error past the catalogue.
 * @param path the file's path from the root, for the sentence
 */
export function errorCodeProblems(path: string, text: string): string[] {
  const pairs = [
    ...[...text.matchAll(STATUS_THEN_CODE)].map((match) => ({ status: match[1], code: match[2] ?? "" })),
    ...[...text.matchAll(CODE_THEN_STATUS)].map((match) => ({ status: match[2], code: match[1] ?? "" })),
  ];
  const problems = pairs.flatMap(({ status, code }) => {
    const own = statusOf.get(code);
    return own === undefined || own === Number(status) ? [] : [`${path}: ${code} is ${own}, not ${status}`];
  });
  if (path !== "shared/platform/errors.ts" && /\bnew ReverieError\(/.test(text)) {
    problems.push(`${path}: makes a ReverieError itself; the catalogue in shared/platform/errors.ts does`);
  }
  return problems;
}

/** The classes of a text that extend an error class and whose names do not end in `Error`. */
export function misnamedErrors(text: string): string[] {
  return [...text.matchAll(/\bclass (\w+) extends \w*Error\b/g)]
    .map((match) => match[1] ?? "")
    .filter((name) => !name.endsWith("Error"));
}
