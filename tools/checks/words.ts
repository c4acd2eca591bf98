/** Words that were replaced: each has a plain word of the field instead, and must not come back. */
import type { Text } from "./texts.ts";

interface Rule {
  /** The word, as a person would look for it. */
  readonly word: string;
  /** What to write instead. */
  readonly say: string;
  /** The word in sentences, identifiers, log events and titles, and nothing else. */
  readonly pattern: RegExp;
  /** Paths where the same letters mean another thing. */
  readonly elsewhere?: RegExp;
}

/** Whole words, or whole parts of a name in camelCase, snake_case or UPPER_CASE. */
function words(...all: readonly string[]): RegExp {
  const small = all.join("|");
  const capital = all.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("|");
  return new RegExp(
    `(?<![A-Za-z])(?:${small})(?![a-z])|(?<![A-Z])(?:${capital})(?![a-z])|(?<![A-Za-z])(?:${small.toUpperCase()})(?![A-Za-z])`,
    "g",
  );
}

/** A phrase, with an object between its words or without: "put aside", "put it aside". */
function phrase(verb: string, particle: string): RegExp {
  return new RegExp(
    `(?<![A-Za-z])(?:${verb})(?: (?:it|them|this|that|the \\w+|an? \\w+))?[ _]?${particle}(?![a-z])`,
    "gi",
  );
}

export const RULES: readonly Rule[] = [
  { word: "sighting", say: "observation", pattern: words("sighting", "sightings") },
  {
    word: "sealed",
    say: "erased, tombstone",
    pattern: words("seal", "seals", "sealed", "sealing", "unseal", "unsealing"),
    // What is encrypted is sealed.
    elsewhere: /(?:^|\/)(?:auth|identity)\b/,
  },
  { word: "put aside", say: "quarantine", pattern: phrase("puts?|putting", "aside") },
  { word: "take back", say: "end, restore", pattern: phrase("takes?|taken|taking|took", "back") },
  { word: "news", say: "notification, event", pattern: words("news") },
  { word: "made up", say: "recovered, repaired", pattern: phrase("makes?|made|making", "up") },
  { word: "anew", say: "again", pattern: words("anew") },
  { word: "crosswise", say: "the two things that are compared", pattern: words("crosswise") },
  {
    word: "nobody",
    say: "no one, or who exactly",
    elsewhere: /^local\/postgres\//,
    pattern: /(?<![A-Za-z"`])nobody(?![a-z"`])|(?<=[a-z])Nobody|(?<![A-Za-z])Nobody(?![a-z])/g,
  },
  { word: "whatever", say: "any, or the cases", pattern: words("whatever") },
  { word: "somebody", say: "a person, another person, or who exactly", pattern: words("somebody") },
  { word: "whoever", say: "the one who does it", pattern: words("whoever") },
  { word: "told", say: "gets, is set, is given, is known", pattern: words("told", "untold") },
  { word: "whom", say: "who, or a name", pattern: words("whom") },
  { word: "price of attention", say: "weight", pattern: /\bprice of attention\b/gi },
  {
    word: "tell phones",
    say: "notify",
    pattern:
      /\b[Tt](?:ells?|old|elling) (?:(?:the|a|each|every|its|their|no|all|other) )*(?:phones?|devices?|famil(?:y|ies)|groups?|givers?|engines?|jobs?)\b|\btell(?=[A-Z])|(?<=[a-z])Told\b|(?<![A-Za-z])told(?=[_A-Z])/g,
  },
  { word: "groupThings", say: "spaceData", pattern: /groupThings|group_things/g },
  { word: "Gate", say: "HttpDeps", pattern: /\bgate(?:Of)?\b|\bGate\b/g },
  { word: "event_of_another_form", say: "event_unreadable", pattern: /of_another_form/g },
  { word: "spared", say: "attemptRefunded", pattern: words("spared") },
  {
    word: "audit of the stores",
    say: "reconcile, reconciliation",
    pattern:
      /\baudit(?:or|ed)? (?:finds|mends|compares|on demand|beside|brings)|\ban audit\b(?! (?:log|line))|AuditReport/gi,
  },
  { word: "LeaseWish", say: "LeaseRequest", pattern: /\bLeaseWish\b|\bwish\b/g },
  {
    word: "is fed",
    say: "inputs are ready",
    pattern: /\b(?:is|are|was|were|be|been) fed\b|(?<![A-Za-z])unfed|UNFED|\bfeed(?:Awaiting|Job|Input)\w*/g,
  },
  {
    word: "settle",
    say: "one verb each: accept, place, decide, finish",
    // Promises settle, and `Promise.allSettled` is their name for it.
    pattern: /(?<!\ball)(?:(?<![A-Za-z])(?:un)?settl|(?<![A-Z])(?:Uns|S)ettl)(?:e|es|ed|ing)(?![a-z])/g,
    elsewhere: /^(?:local|engine)\//,
  },
];

/** A sentence for each line of a text that has one of these words. */
export function wordProblems({ path, text }: Text, rules: readonly Rule[] = RULES): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      rules
        .filter(({ pattern, elsewhere }) => line.search(pattern) >= 0 && !elsewhere?.test(path))
        .map(({ word, say }) => `${path}:${index + 1}: "${word}" (say: ${say})`),
    );
}

/** The titles of a test file that are longer than 80 characters. */
export function longTitles(text: string): string[] {
  return [...text.matchAll(/^\s*(?:test|it|describe|(?:await )?\w\.test)\(\s*(["'`])(.*?)\1/gm)]
    .map((match) => match[2] ?? "")
    .filter((title) => title.length > 80);
}
