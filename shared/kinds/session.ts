import { z } from "zod";
import { ID_PATTERN } from "../platform/ids.ts";
import { JSON_TYPE } from "../platform/media/mediaTypes.ts";
import { type Kind, MEBIBYTE } from "./kind.ts";

/** A name or figure that the game gives. SQL stores no NUL and no half of a character. */
const word = z
  .string()
  .min(1)
  .max(64)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), "expected text without control characters");

/** No score is larger; the mean of two has to be a number still. */
const MOST_SCORE = 1e15;

/** A clock that was never set begins in 1970. What is far outside has a year that SQL or ISO 8601 has no four digits for. */
const STARTED = { from: Date.UTC(1970, 0, 1), before: Date.UTC(2200, 0, 1) };
const startedAt = z.iso
  .datetime({ offset: true })
  .refine(
    (text) => Date.parse(text) >= STARTED.from && Date.parse(text) < STARTED.before,
    "expected a time from 1970 to 2199",
  );

export const sessionParams = z.strictObject({
  game: word,
  score: z.number().min(-MOST_SCORE).max(MOST_SCORE),
  level: z.union([z.number(), word]).optional(),
  startedAt,
  /** A member of the space; who submits it when left out. */
  playerId: z.string().regex(ID_PATTERN).optional(),
});

const metric = z.union([
  z.strictObject({ value: z.number() }),
  z.strictObject({ value: z.null(), reason: z.string().regex(/^[a-z_]{1,64}$/) }),
]);

/** What `engine/session/report.ts` makes. */
export const sessionData = z.strictObject({
  durationSeconds: z.number().nonnegative(),
  sampleRateHz: z.number().positive(),
  /** The part of the samples that arrived, from 0 to 1. */
  coverage: z.number().min(0).max(1),
  channels: z
    .array(
      z.strictObject({
        name: word,
        unit: word,
        role: word,
        repetitions: z.number().int().nonnegative(),
        missedCues: z.number().int().nonnegative(),
        metrics: z.record(z.string().regex(/^[a-zA-Z]{1,64}$/), metric),
      }),
    )
    .min(1)
    .max(32)
    .refine(
      (channels) => new Set(channels.map(({ name }) => name)).size === channels.length,
      "expected other names",
    ),
});

/** What a sensor recorded while a game was played becomes figures about how a person moves. */
export const session: Kind = {
  name: "session",
  params: sessionParams,
  memberParams: ["playerId"],
  inputs: {
    // Read whole by the work itself, which names the first fault by its path.
    samples: { contentTypes: [JSON_TYPE], maxBytes: 64 * MEBIBYTE },
  },
  outputs: {
    companion: {
      names: /^session\.json$/,
      formats: ["json"],
      maxBytes: 16 * MEBIBYTE,
      count: { min: 1, max: 1 },
    },
  },
  result: sessionData,
  vrRole: null,
  workshop: true,
  maxAttempts: 3,
  backoff: { baseSeconds: 2, maxSeconds: 60 },
  leaseCeilingSeconds: 600,
  usualSeconds: 5,
  weight: 1,
};
