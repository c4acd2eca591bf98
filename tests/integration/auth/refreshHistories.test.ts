/** Random histories of a phone on a bad network and of a thief, played against the pure judgement and against Postgres. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import {
  attemptHash,
  judge,
  type PresentedToken,
  refreshTokenOf,
  successorOf,
  tokenHash,
} from "#functions/auth/refreshToken.ts";
import { type AuthWorld, DAY, HOUR, openAuthWorld, tokensSchema } from "./harness.ts";

/** A server that holds one family. */
interface Server {
  /** The successor, or the code of the refusal. */
  refresh(token: string, key: string): Promise<{ token: string } | { refused: string }>;
  wait(milliseconds: number): void;
}

type Step =
  | { does: "refresh"; answer: "arrives" | "is lost" }
  | { does: "repeat an old request"; which: number }
  | { does: "wait"; milliseconds: number }
  | { does: "steal" }
  | { does: "use what was stolen" };

const honestStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constant("refresh" as const),
    answer: fc.constantFrom("arrives" as const, "is lost" as const),
  }),
  fc.record({ does: fc.constant("repeat an old request" as const), which: fc.nat(20) }),
  fc.record({ does: fc.constant("wait" as const), milliseconds: fc.constantFrom(1000, HOUR, DAY) }),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: honestStep },
  { weight: 1, arbitrary: fc.constant<Step>({ does: "steal" }) },
  { weight: 2, arbitrary: fc.constant<Step>({ does: "use what was stolen" }) },
);

/**
 * Plays a history and checks the promises as it goes:
 * - before a thief acts the phone is never refused, also after lost and repeated requests;
 * - once a thief has used a token, the phone's next refresh is refused at the latest, and from then on every token ever seen is.
 */
async function play(server: Server, first: string, steps: readonly Step[]): Promise<void> {
  let token = first;
  let key = "key-0";
  let keys = 0;
  const sent: { token: string; key: string }[] = [];
  const seen = new Set([first]);
  let stolen: string | undefined;
  let thiefActed = false;

  const everythingIsRefused = async () => {
    for (const each of seen)
      assert.ok("refused" in (await server.refresh(each, "any-key")), "a token still works");
  };

  for (const step of steps) {
    if (step.does === "wait") server.wait(step.milliseconds);
    else if (step.does === "steal") stolen = token;
    else if (step.does === "use what was stolen") {
      if (stolen === undefined) continue;
      keys += 1;
      const answer = await server.refresh(stolen, `thief-${keys}`);
      thiefActed = true;
      if ("refused" in answer) return everythingIsRefused();
      seen.add(answer.token);
      stolen = answer.token;
    } else if (step.does === "repeat an old request") {
      const old = sent[step.which % Math.max(1, sent.length)];
      if (!old || old.token === token) continue; // the current request is repeated by "refresh"
      const answer = await server.refresh(old.token, old.key);
      if ("refused" in answer) assert.equal(answer.refused, "token_spent");
      else assert.equal(answer.token, token, "another successor");
    } else {
      sent.push({ token, key });
      const answer = await server.refresh(token, key);
      if ("refused" in answer) {
        assert.ok(thiefActed, `the phone was refused: ${answer.refused}`);
        return everythingIsRefused();
      }
      assert.ok(!thiefActed, "the thief was not found out");
      seen.add(answer.token);
      if (step.answer === "arrives") {
        token = answer.token;
        keys += 1;
        key = `key-${keys}`;
      }
    }
  }
}

/** The family in a map, by the pure functions alone. */
function pureServer(first: string): Server {
  const secret = randomBytes(32);
  const year = 365 * DAY;
  let now = 0;
  let sessionEnd: PresentedToken["sessionEnd"] = null;
  const tokens = new Map<string, { spentWith: Buffer | null; expiresAt: number; successor?: string }>();
  const idOf = (token: string) => tokenHash(token).toString("hex");
  tokens.set(idOf(first), { spentWith: null, expiresAt: 60 * DAY });
  return {
    wait(milliseconds) {
      now += milliseconds;
    },
    async refresh(token, key) {
      const stored = tokens.get(idOf(token));
      if (!stored) return { refused: "token_invalid" };
      const successor = successorOf(token, key, secret);
      const presented = {
        expiresAt: new Date(stored.expiresAt),
        spentWith: stored.spentWith,
        successorSpent: (stored.successor && tokens.get(stored.successor)?.spentWith != null) || false,
        sessionExpiresAt: new Date(year),
        sessionEnd,
      };
      switch (judge(presented, attemptHash(token, key), new Date(now))) {
        case "rotate": {
          const expiresAt = now + 60 * DAY;
          tokens.set(idOf(token), {
            spentWith: attemptHash(token, key),
            expiresAt,
            successor: idOf(successor),
          });
          tokens.set(idOf(successor), { spentWith: null, expiresAt });
          return { token: successor };
        }
        case "repeat":
          return { token: successor };
        case "spent":
          return { refused: "token_spent" };
        case "reused":
          sessionEnd = "token_reused";
          return { refused: "token_reused" };
        case "ended":
          return { refused: "token_reused" };
        case "invalid":
          return { refused: "token_invalid" };
      }
    },
  };
}

describe("histories of refreshes, judged", () => {
  const first = () => refreshTokenOf(randomBytes(32));

  it("without a thief never sign anyone out", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(honestStep, { maxLength: 40 }), async (steps) => {
        const token = first();
        await play(pureServer(token), token, steps);
      }),
      { numRuns: 3000 },
    );
  });

  it("with a thief end at the next honest refresh, for good", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
        const token = first();
        await play(pureServer(token), token, steps);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("histories of refreshes, over HTTP and Postgres", () => {
  let world: AuthWorld;
  before(async () => {
    world = await openAuthWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const sqlServer: Server = {
    wait: (milliseconds) => world.advance(milliseconds),
    async refresh(token, key) {
      const answer = await world.refresh(token, key);
      if (answer.status === 200) return { token: tokensSchema.parse(answer.body).refreshToken };
      assert.equal(answer.status, 401);
      return { refused: answer.code ?? "" };
    },
  };

  for (const [title, step] of [
    ["without a thief never sign anyone out", honestStep],
    ["with a thief end at the next honest refresh, for good", anyStep],
  ] as const) {
    it(title, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          const { refreshToken } = await world.signIn({ email: "histories@example.com" });
          await play(sqlServer, refreshToken, steps);
        }),
        { numRuns: 40 },
      );
    });
  }
});
