import assert from "node:assert/strict";
import { test } from "node:test";
import { Timestamp } from "@google-cloud/firestore";
import fc from "fast-check";
import { type Version, versionOf } from "../platform/firestore/version.ts";
import { decide, type Finding, isNews, type Known, type Mode } from "./decide.ts";

/** Moments are microseconds: the whole history of a case lies within one millisecond, which a Date couldn't tell apart. */
const at = (micros: number): Version => versionOf({ seconds: 1_767_225_600, nanoseconds: micros * 1000 });

/** What was seen of a document: when (its update time, or the read time of nothing), what, and which content. */
interface Sighting {
  readonly version: Version;
  readonly finding: Finding;
  readonly content: number | undefined;
}
/** What SQL holds, as the steps leave it. */
interface Rows {
  readonly known: Known | undefined;
  /** What the library shows. */
  readonly shown: number | undefined;
}

function apply(rows: Rows, { version, finding, content }: Sighting, mode: Mode = "event"): Rows {
  const step = decide(rows.known, version, finding, mode);
  if (step.action === "nothing") return rows;
  return { known: step.known, shown: step.action === "put" ? content : undefined };
}

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
function sightingAfter(operations: readonly string[], index: number, pause: number): Sighting {
  const operation = operations[index] ?? "delete";
  const time = 10 * (index + 1);
  if (operation === "delete") return { version: at(time + pause), finding: "absent", content: undefined };
  return { version: at(time), finding: operation === "readable" ? "readable" : "unreadable", content: index };
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
}): Sighting[] {
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
      seen: sightingAfter(operations, Math.min((of % operations.length) + lag, last), pause),
    }))
    .sort((a, b) => a.place - b.place)
    .map(({ seen }) => seen);
}

test("100,000 histories: whatever the order, the repetitions and the lateness of events, SQL ends as the document did", () => {
  fc.assert(
    fc.property(history, (history) => {
      const sightings = deliveries(history);
      const end = sightings.reduce<Rows>((rows, seen) => apply(rows, seen), {
        known: undefined,
        shown: undefined,
      });
      const last = sightingAfter(history.operations, history.operations.length - 1, 1);
      const readAt = sightings.filter((seen) => seen.finding === "absent").map((seen) => seen.version);
      const version = last.finding === "absent" ? readAt.toSorted().at(-1) : last.version;
      const state = { readable: "synced", unreadable: "quarantined", absent: "gone", forbidden: "sealed" }[
        last.finding
      ];
      assert.deepEqual(end, {
        known: { version, state },
        shown: last.finding === "readable" ? last.content : undefined,
      });
      // Everything once more changes nothing at all.
      assert.equal(
        sightings.reduce<Rows>((rows, seen) => apply(rows, seen), end),
        end,
      );
    }),
    { numRuns: 100_000 },
  );
});

test("from the moment its space is erased a result shows nothing, and no event brings anything of it back", () => {
  fc.assert(
    fc.property(history, fc.nat(16), (history, erasedAfter) => {
      let rows: Rows = { known: undefined, shown: undefined };
      for (const [index, seen] of deliveries(history).entries()) {
        const erased = index >= erasedAfter;
        const finding = erased && seen.finding !== "absent" ? "forbidden" : seen.finding;
        if (index === erasedAfter && rows.known)
          rows = { known: { version: rows.known.version, state: "sealed" }, shown: undefined };
        const sealed = rows.known?.state === "sealed";
        rows = apply(rows, { ...seen, finding });
        if (erased) assert.equal(rows.shown, undefined);
        if (sealed) assert.equal(rows.known?.state, "sealed");
      }
    }),
    { numRuns: 20_000 },
  );
});

test("an equal version is no news, except for a replay of what was put aside and for a mend", () => {
  const version = at(5);
  for (const state of ["synced", "gone", "quarantined"] as const) {
    const known = { version, state };
    assert.equal(isNews(known, { present: true, version }), false);
    assert.equal(isNews(known, { present: true, version }, "replay"), state === "quarantined");
    assert.equal(isNews(known, { present: true, version }, "mend"), true);
    assert.equal(isNews(known, { present: true, version: at(4) }, "replay"), false);
    assert.equal(isNews(known, { present: true, version: at(6) }), true);
  }
});

test("a sealed result is never anything else; its document is taken away whenever it is seen", () => {
  const known = { version: at(5), state: "sealed" } as const;
  for (const finding of ["readable", "unreadable", "forbidden"] as const)
    for (const mode of ["event", "replay", "mend"] as const)
      assert.deepEqual(decide(known, at(9), finding, mode), { action: "seal", known });
  assert.deepEqual(decide(known, at(9), "absent"), { action: "nothing" });
});

test("a version keeps the microseconds that a Date cuts, and text order is time order", () => {
  assert.equal(versionOf(new Timestamp(1_767_225_600, 123_456_000)), "2026-01-01T00:00:00.123456Z");
  assert.equal(versionOf(new Timestamp(1_767_225_600, 1_000)), "2026-01-01T00:00:00.000001Z");
  assert.equal(versionOf(new Timestamp(-1, 0)), "1969-12-31T23:59:59.000000Z");
  fc.assert(
    fc.property(fc.nat(4e9), fc.nat(999_999), fc.nat(4e9), fc.nat(999_999), (a, aMicros, b, bMicros) => {
      const [first, second] = [new Timestamp(a, aMicros * 1000), new Timestamp(b, bMicros * 1000)];
      assert.equal(
        Math.sign(compare(versionOf(first), versionOf(second))),
        Math.sign(a - b || aMicros - bMicros),
      );
    }),
  );
});

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
