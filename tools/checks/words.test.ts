import assert from "node:assert/strict";
import { test } from "node:test";
import { readTexts } from "./texts.ts";
import { longTitles, RULES, wordProblems } from "./words.ts";

const texts = readTexts().filter(({ path }) => !/^tools\/checks\/words\b/.test(path));

test("words that were replaced don't come back", () => {
  assert.ok(texts.length > 400);
  assert.deepEqual(
    texts.flatMap((text) => wordProblems(text)),
    [],
  );
});

test("titles of tests have at most 80 characters", () => {
  const long = texts
    .filter(({ path }) => path.endsWith(".test.ts"))
    .flatMap(({ path, text }) => longTitles(text).map((title) => `${path}: ${title}`));
  assert.deepEqual(long, []);
  assert.deepEqual(
    longTitles(`test("${"x".repeat(80)}", () => {});\n  it(\n    \`${"y".repeat(81)}\`,\n  );`),
    ["y".repeat(81)],
  );
});

/** By rule, in the rules' order: texts that have the word, and texts that have its letters only. */
const EXAMPLES: Readonly<Record<string, { has: readonly string[]; hasNot: readonly string[] }>> = {
  sighting: { has: ["a sighting", "applySighting(", "sightingOf(", "SIGHTINGS"], hasNot: ["insightful"] },
  sealed: { has: ["it is sealed", "state = 'sealed'", "refuse_unsealing", "isSealed"], hasNot: ["Sealand"] },
  "put aside": {
    has: ["was put aside", "puts it aside", "putAside(", "result_put_aside"],
    hasNot: ["put; aside"],
  },
  "take back": { has: ["take it back", "was taken back", "takeBack("], hasNot: ["takes a backup"] },
  news: {
    has: ["no news", "recordNews", "news_about", "purge_news"],
    hasNot: ["newsletter", "renews", "newSession"],
  },
  "made up": { has: ["is made up by sweep", "ring_made_up"], hasNot: ["made upwards"] },
  anew: { has: ["reads anew", "{ anew: true }"], hasNot: ["aNewId", "Janewood"] },
  crosswise: { has: ["crosswise"], hasNot: ["cross"] },
  nobody: { has: ["nobody else", "toNobody"], hasNot: ['account "nobody"', "noBody"] },
  whatever: { has: ["whatever it is"], hasNot: ["what ever"] },
  somebody: { has: ["somebody else's", "isSomebody"], hasNot: ["some body"] },
  whoever: { has: ["Whoever comes last"], hasNot: ["who ever"] },
  told: { has: ["is told so", "untold", "notTold"], hasNot: ["tolerant", "retoldest"] },
  whom: { has: ["by whom"], hasNot: ["whole"] },
  "price of attention": { has: ["the price of attention"], hasNot: ["price"] },
  "tell phones": {
    has: ["tells the phones", "told every device", "tellJobs", "notTold"],
    hasNot: ["tell apart", "told"],
  },
  groupThings: { has: ["groupThings.ts"], hasNot: ["things of a group"] },
  Gate: { has: ["deps().gate", "gateOf(", "type Gate"], hasNot: ["gateway", "aggregate"] },
  event_of_another_form: { has: ["event_of_another_form"], hasNot: ["another form"] },
  spared: { has: ["job.spared"], hasNot: ["spare", "disparate"] },
  "audit of the stores": {
    has: ["the audit finds it", "compared by an audit.", '"AuditReport"'],
    hasNot: ["the audit log", "an audit line", "/v1/admin/audit"],
  },
  LeaseWish: { has: ["LeaseWish", "wish.body"], hasNot: ["wishes"] },
  "is fed": {
    has: ["is fed", "UNFED_DAYS", "feedAwaitingJobs"],
    hasNot: ["federated", "feed", "feedRaiser"],
  },
  settle: {
    has: ["settles", "settleLine", "allInputsSettled", "upload_settled"],
    hasNot: ["allSettled", "settlement"],
  },
};

test("each word is found in sentences and names, and not in other words", () => {
  assert.deepEqual(
    Object.keys(EXAMPLES),
    RULES.map(({ word }) => word),
  );
  for (const [word, { has, hasNot }] of Object.entries(EXAMPLES)) {
    const rules = RULES.filter((rule) => rule.word === word);
    for (const text of has)
      assert.equal(wordProblems({ path: "a.ts", text }, rules).length, 1, `${word}: ${text}`);
    for (const text of hasNot) assert.deepEqual(wordProblems({ path: "a.ts", text }, rules), [], text);
  }
});
