import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Version, versionOf } from "../platform/firestore/version.ts";
import { canChange, decide, type Judgement, type Known, type Mode, type Step } from "./decide.ts";
import type { Result } from "./resultDocument.ts";

/** Moments are microseconds: the whole history of a case lies within one millisecond, which a Date couldn't tell apart. */
const at = (micros: number): Version => versionOf({ seconds: 1_767_225_600, nanoseconds: micros * 1000 });

const FINDINGS = ["absent", "readable", "unreadable", "forbidden"] as const;
type Finding = (typeof FINDINGS)[number];
const STATES = ["synced", "gone", "quarantined", "erased"] as const;

/** A judgement at a version; `title` stands for the document's content. */
function judged(finding: Finding, version: Version, title = ""): Judgement {
  const data = { title };
  switch (finding) {
    case "absent":
      return { finding, version };
    case "readable":
      return { finding, version, data, result: resultTitled(title) };
    case "unreadable":
      return { finding, version, data, why: { code: "malformed", detail: "" } };
    case "forbidden":
      return { finding, version, data };
  }
}

function resultTitled(title: string): Result {
  return {
    jobId: "job",
    kind: "scene",
    spaceId: "space",
    createdBy: "giver",
    title,
    params: {},
    files: [],
    data: null,
    leaseNumber: 1,
    completedAt: new Date(0),
  };
}

/** What SQL holds, as the steps leave it. */
interface Rows {
  readonly known: Known | undefined;
  /** The title that the library shows. */
  readonly shown: string | undefined;
}
const NOTHING: Rows = { known: undefined, shown: undefined };

function apply(rows: Rows, judgement: Judgement, mode: Mode = "event"): Rows {
  const step = decide(rows.known, judgement, mode);
  if (step.action === "nothing") return rows;
  return { known: step.known, shown: step.action === "put" ? step.document.result.title : undefined };
}

/** One line: what SQL knows, what is found, and the step of an event, of a replay and of a mend. */
type Line = readonly [Known["state"] | "nothing", Finding, ...actions: Step["action"][]];

/** The found version is 5; the known one is later (6), the same, or earlier (4). */
const TABLE: Readonly<Record<string, { knownAt: number; lines: readonly Line[] }>> = {
  "an earlier version is known": {
    knownAt: 4,
    lines: [
      // known, found, event, replay, mend
      ["nothing", "absent", "drop", "drop", "drop"],
      ["nothing", "readable", "put", "put", "put"],
      ["nothing", "unreadable", "hide", "hide", "hide"],
      ["nothing", "forbidden", "erase", "erase", "erase"],
      ["synced", "absent", "drop", "drop", "drop"],
      ["synced", "readable", "put", "put", "put"],
      ["synced", "unreadable", "hide", "hide", "hide"],
      ["synced", "forbidden", "erase", "erase", "erase"],
      ["gone", "absent", "drop", "drop", "drop"],
      ["gone", "readable", "put", "put", "put"],
      ["gone", "unreadable", "hide", "hide", "hide"],
      ["gone", "forbidden", "erase", "erase", "erase"],
      ["quarantined", "absent", "drop", "drop", "drop"],
      ["quarantined", "readable", "put", "put", "put"],
      ["quarantined", "unreadable", "hide", "hide", "hide"],
      ["quarantined", "forbidden", "erase", "erase", "erase"],
      ["erased", "absent", "nothing", "nothing", "erase"],
      ["erased", "readable", "erase", "erase", "erase"],
      ["erased", "unreadable", "erase", "erase", "erase"],
      ["erased", "forbidden", "erase", "erase", "erase"],
    ],
  },
  "the same version is known": {
    knownAt: 5,
    lines: [
      ["synced", "absent", "nothing", "nothing", "drop"],
      ["synced", "readable", "nothing", "nothing", "put"],
      ["synced", "unreadable", "nothing", "nothing", "hide"],
      ["synced", "forbidden", "nothing", "nothing", "erase"],
      ["gone", "absent", "nothing", "nothing", "drop"],
      ["gone", "readable", "nothing", "nothing", "put"],
      ["gone", "unreadable", "nothing", "nothing", "hide"],
      ["gone", "forbidden", "nothing", "nothing", "erase"],
      ["quarantined", "absent", "nothing", "nothing", "drop"],
      ["quarantined", "readable", "nothing", "put", "put"],
      ["quarantined", "unreadable", "nothing", "hide", "hide"],
      ["quarantined", "forbidden", "nothing", "erase", "erase"],
      ["erased", "absent", "nothing", "nothing", "erase"],
      ["erased", "readable", "erase", "erase", "erase"],
      ["erased", "unreadable", "erase", "erase", "erase"],
      ["erased", "forbidden", "erase", "erase", "erase"],
    ],
  },
  "a later version is known": {
    knownAt: 6,
    lines: [
      ["synced", "absent", "nothing", "nothing", "drop"],
      ["synced", "readable", "nothing", "nothing", "put"],
      ["synced", "unreadable", "nothing", "nothing", "hide"],
      ["synced", "forbidden", "nothing", "nothing", "erase"],
      ["gone", "absent", "nothing", "nothing", "drop"],
      ["gone", "readable", "nothing", "nothing", "put"],
      ["gone", "unreadable", "nothing", "nothing", "hide"],
      ["gone", "forbidden", "nothing", "nothing", "erase"],
      ["quarantined", "absent", "nothing", "nothing", "drop"],
      ["quarantined", "readable", "nothing", "nothing", "put"],
      ["quarantined", "unreadable", "nothing", "nothing", "hide"],
      ["quarantined", "forbidden", "nothing", "nothing", "erase"],
      ["erased", "absent", "nothing", "nothing", "erase"],
      ["erased", "readable", "erase", "erase", "erase"],
      ["erased", "unreadable", "erase", "erase", "erase"],
      ["erased", "forbidden", "erase", "erase", "erase"],
    ],
  },
};
const MODES: readonly Mode[] = ["event", "replay", "mend"];

for (const [title, { knownAt, lines }] of Object.entries(TABLE)) {
  test(`every step when ${title}`, () => {
    const actual = lines.map(([state, finding]): Line => {
      const known = state === "nothing" ? undefined : { version: at(knownAt), state };
      const actions = MODES.map((mode) => decide(known, judged(finding, at(5)), mode).action);
      return [state, finding, ...actions];
    });
    assert.deepEqual(actual, lines);
    const places = new Set(lines.map(([state, finding]) => `${state} ${finding}`));
    assert.equal(places.size, lines.length);
    assert.equal(
      places.size,
      (STATES.length + (knownAt === 4 ? 1 : 0)) * FINDINGS.length,
      "no place is left out",
    );
  });
}

test("a step carries the document's version and state, and what it was decided on", () => {
  for (const [finding, state] of [
    ["absent", "gone"],
    ["readable", "synced"],
    ["unreadable", "quarantined"],
    ["forbidden", "erased"],
  ] as const) {
    const document = judged(finding, at(5), "title");
    const { action, ...rest } = decide(undefined, document);
    assert.notEqual(action, "nothing");
    assert.deepEqual(rest, { known: { version: at(5), state }, document });
  }
});

/** What happens to one document, in order: it is written (readably or not) or deleted. */
const operation = fc.constantFrom<"readable" | "unreadable" | "delete">("readable", "unreadable", "delete");

/** One delivery of an operation's event: how many operations later the document was read, and how long after that one. */
const delivery = fc.record({
  of: fc.nat(1_000),
  lag: fc.nat(6),
  pause: fc.integer({ min: 1, max: 9 }),
  place: fc.nat(1_000_000),
});

const history = fc.record({
  operations: fc.array(operation, { minLength: 1, maxLength: 7 }),
  repeats: fc.array(delivery, { maxLength: 9 }),
  places: fc.array(fc.nat(1_000_000), { minLength: 7, maxLength: 7 }),
});

/** Operation `i` happens at `10 · (i + 1)`; what is read `pause` after it is its outcome. */
function judgedAfter(operations: readonly string[], index: number, pause: number): Judgement {
  const operation = operations[index] ?? "delete";
  const time = 10 * (index + 1);
  if (operation === "delete") return judged("absent", at(time + pause));
  return judged(operation === "readable" ? "readable" : "unreadable", at(time), `version ${index}`);
}

/** Every event at least once, some more often, each reading what is there then; in any order. */
function deliveries({
  operations,
  repeats,
  places,
}: {
  operations: string[];
  repeats: Array<{ of: number; lag: number; pause: number; place: number }>;
  places: number[];
}): Judgement[] {
  const last = operations.length - 1;
  const once = operations.map((_, index) => ({
    of: index,
    lag: (places[index] ?? 0) % 3,
    pause: 1,
    place: places[index] ?? 0,
  }));
  return [...once, ...repeats]
    .map(({ of, lag, pause, place }) => ({
      place,
      seen: judgedAfter(operations, Math.min((of % operations.length) + lag, last), pause),
    }))
    .sort((a, b) => a.place - b.place)
    .map(({ seen }) => seen);
}

test("100,000 histories of reordered, repeated, late events: SQL ends as the document", () => {
  fc.assert(
    fc.property(history, (history) => {
      const judgements = deliveries(history);
      const end = judgements.reduce<Rows>((rows, seen) => apply(rows, seen), NOTHING);
      const last = judgedAfter(history.operations, history.operations.length - 1, 1);
      const readAt = judgements.filter((seen) => seen.finding === "absent").map((seen) => seen.version);
      const version = last.finding === "absent" ? readAt.toSorted().at(-1) : last.version;
      const state = { readable: "synced", unreadable: "quarantined", absent: "gone", forbidden: "erased" }[
        last.finding
      ];
      assert.deepEqual(end, {
        known: { version, state },
        shown: last.finding === "readable" ? last.result.title : undefined,
      });
      // Everything once more changes nothing at all.
      assert.equal(
        judgements.reduce<Rows>((rows, seen) => apply(rows, seen), end),
        end,
      );
    }),
    { numRuns: 100_000 },
  );
});

test("after its space is erased a result shows nothing, and no event brings it back", () => {
  fc.assert(
    fc.property(history, fc.nat(16), (history, erasedAfter) => {
      let rows = NOTHING;
      for (const [index, seen] of deliveries(history).entries()) {
        const erased = index >= erasedAfter;
        const found = erased && seen.finding !== "absent" ? judged("forbidden", seen.version) : seen;
        if (index === erasedAfter && rows.known)
          rows = { known: { version: rows.known.version, state: "erased" }, shown: undefined };
        const stays = rows.known?.state === "erased";
        rows = apply(rows, found);
        if (erased) assert.equal(rows.shown, undefined);
        if (stays) assert.equal(rows.known?.state, "erased");
      }
    }),
    { numRuns: 20_000 },
  );
});

test("an equal version changes nothing, except in a replay of a quarantine or a mend", () => {
  const version = at(5);
  const found = (micros: number) => ({ finding: "readable", version: at(micros) }) as const;
  for (const state of ["synced", "gone", "quarantined"] as const) {
    const known = { version, state };
    assert.equal(canChange(known, found(5)), false);
    assert.equal(canChange(known, found(5), "replay"), state === "quarantined");
    assert.equal(canChange(known, found(5), "mend"), true);
    assert.equal(canChange(known, found(4), "replay"), false);
    assert.equal(canChange(known, found(6)), true);
  }
});

test("an erased result stays as it is; its document is deleted whenever it is found", () => {
  const known = { version: at(5), state: "erased" } as const;
  for (const finding of ["readable", "unreadable", "forbidden"] as const) {
    const document = judged(finding, at(9));
    for (const mode of MODES)
      assert.deepEqual(decide(known, document, mode), { action: "erase", known, document });
  }
  assert.deepEqual(decide(known, judged("absent", at(9))), { action: "nothing" });
});
