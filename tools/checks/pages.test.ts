/** The tables of docs/ say what the code says. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { settingSchemas } from "#shared/platform/config/settings.ts";
import { functionNames, ROOT } from "../build/functions.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const architecture = read("docs/architecture.md");

/** The cells of every table row of a page. */
function rowsOf(page: string): string[][] {
  return page
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** A text as words are looked for in it: names in parts, small letters, one blank for everything else. */
function wordsOf(text: string): string {
  return text
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, " ");
}

/** What of a glossary isn't so: a sentence for each row whose owner isn't there or doesn't hold the word. */
function glossaryProblems(page: string, textOf: (path: string) => string | undefined): string[] {
  return rowsOf(page)
    .slice(1)
    .flatMap(([words = "", meaning = "", owner = ""]) => {
      const target = /\]\(([^)]+)\)/.exec(owner)?.[1];
      const text = target === undefined ? undefined : textOf(posix.join("docs", target));
      if (text === undefined) return [`${words}: its owner ${owner} isn't there`];
      const sought = words
        .replace(/ \(.*\)/, "")
        .split(", ")
        .map((word) => wordsOf(word).trim());
      const problems = sought
        .filter((word) => !wordsOf(text).includes(word))
        .map((word) => `${owner} doesn't say ${word}`);
      return /^[A-Z].*\.$/.test(meaning) ? problems : [...problems, `${words}: its meaning isn't a sentence`];
    });
}

test("every word of the glossary is in the file that owns it, in order, once", () => {
  const glossary = read("docs/glossary.md");
  const textOf = (path: string) => {
    try {
      return read(path);
    } catch {
      return undefined;
    }
  };
  assert.deepEqual(glossaryProblems(glossary, textOf), []);
  const words = rowsOf(glossary)
    .slice(1)
    .map(([word = ""]) => word.toLowerCase());
  assert.ok(words.length > 30);
  assert.deepEqual(
    words,
    [...new Set(words)].sort((a, b) => a.localeCompare(b)),
  );
});

test("a glossary's missing owner, missing word and half sentence are found", () => {
  const page = [
    "| word | meaning | owner |",
    "| gone | A thing. | [a.ts](../a.ts) |",
    "| lease number | A number. | [b.ts](../b.ts) |",
    "| bell | a bell | [b.ts](../b.ts) |",
  ].join("\n");
  const problems = glossaryProblems(page, (path) => (path === "b.ts" ? "const leaseNumber = 1;" : undefined));
  assert.deepEqual(problems, [
    "gone: its owner [a.ts](../a.ts) isn't there",
    "[b.ts](../b.ts) doesn't say bell",
    "bell: its meaning isn't a sentence",
  ]);
});

test("the architecture's table of functions has those of the manifest, each once", () => {
  const names = rowsOf(architecture).flatMap(([cell = ""]) => /^`([a-z]+)`$/.exec(cell)?.[1] ?? []);
  assert.deepEqual(
    names.filter((name) => functionNames.some((known) => known === name)).sort(),
    [...functionNames].sort(),
  );
});

test("the architecture's table of limits has every numeric setting with its default", () => {
  const stated = new Map(
    rowsOf(architecture).flatMap(([cell = "", value = ""]) => {
      const name = /^`([A-Z_]+)`$/.exec(cell)?.[1];
      return name === undefined ? [] : [[name, Number(value)] as const];
    }),
  );
  const defaults = Object.entries(settingSchemas).flatMap(([name, schema]) => {
    const { data, success } = schema.safeParse(undefined);
    return success && typeof data === "number" ? [[name, data] as const] : [];
  });
  assert.deepEqual(new Map([...stated].sort()), new Map(defaults.sort()));
});

test("the architecture's table of a job's life has every event", () => {
  const stated = rowsOf(architecture).flatMap(([cell = ""]) => /^`([a-z_]+)`/.exec(cell)?.[1] ?? []);
  const events = read("shared/queue/jobEvent.ts").split("export type JobEvent")[1]?.split("export ")[0] ?? "";
  const types = [...events.matchAll(/readonly type: "(\w+)"/g)].map((match) => match[1] ?? "");
  assert.ok(types.length > 10);
  assert.deepEqual(
    types.filter((type) => !stated.includes(type)),
    [],
  );
});

test("decisions are numbered one after the other, in name and title", () => {
  const pages = readdirSync(join(ROOT, "docs/decisions")).sort();
  const numbers = pages.map((page) => page.slice(0, 4));
  assert.deepEqual(
    numbers,
    pages.map((_, index) => String(index + 1).padStart(4, "0")),
  );
  assert.deepEqual(
    pages.map((page) => /^# (\d+)\. /.exec(read(`docs/decisions/${page}`))?.[1]),
    numbers.map((number) => String(Number(number))),
  );
});
