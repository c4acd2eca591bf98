/**
 * Whether the time of an answer shows a secret: who has an account, or why a code was refused. Asks in turns and in random order, on a
 * real PostgreSQL, and compares the times.
 */
import { randomBytes, randomInt } from "node:crypto";
import { randomId } from "#shared/platform/ids.ts";
import { type GroupsHarness, groupsHarness, wrongCode } from "#tests/integration/spaces/harness.ts";
import { type Measure, type Measured, median, type Row, ratios, rounded } from "./measure.ts";

const UNLIMITED = 1_000_000;

/** @param rounds each kind of question is asked once in each */
export function answerTiming(rounds: number): Measure {
  return { name: "answerTiming", runAlone: () => measureAnswers(rounds) };
}

async function measureAnswers(rounds: number): Promise<Measured> {
  const harness = await groupsHarness({
    caps: {
      INVITATIONS_PER_GIVER: UNLIMITED,
      INVITATIONS_PER_PAIR: UNLIMITED,
      CODE_TRIES_PER_GIVER: UNLIMITED,
      CODE_TRIES_PER_PAIR: UNLIMITED,
    },
  });
  try {
    return {
      title: "What an answer's time shows",
      reference: "an answer of the other kind",
      says: "The time of an answer whose kind is a secret, as a multiple of another's in the same round: inviting an address that is known or not, confirming by a code that is refused for one reason or another. `longer` is the chance that it took longer than one of the other kind: at 0.5 they can't be distinguished.",
      rows: [
        ...rowsOf("inviting", await invitations(harness, rounds), "unknown address"),
        ...rowsOf("confirming", await confirmations(harness, rounds), "wrong"),
      ],
    };
  } finally {
    await harness.close();
  }
}

function rowsOf(what: string, times: Times, base: string): Row[] {
  // The first rounds warm up.
  const warm = (kind: string) => {
    const all = times[kind] ?? [];
    return all.slice(Math.floor(all.length / 10));
  };
  return Object.keys(times)
    .filter((kind) => kind !== base)
    .map((kind) => ({
      name: `${what}, ${kind}`,
      ...ratios(warm(kind), warm(base)),
      also: { longer: rounded(longer(warm(kind), warm(base))), ms: rounded(median(warm(kind))) },
    }));
}

type Times = Record<string, number[]>;

async function invitations(harness: GroupsHarness, rounds: number): Promise<Times> {
  const giver = await harness.person("care_giver");
  const recipients = await Promise.all(Array.from({ length: 20 }, () => harness.person("care_recipient")));
  const unverified = await Promise.all(
    Array.from({ length: 20 }, () => harness.person("care_recipient", { emailVerified: false })),
  );
  // As many, and asked as often: a repeated request takes another statement, and whether one asked before is no secret.
  const unknown = Array.from({ length: 20 }, () => ({
    email: `${randomId()}@example.com`,
  }));
  const pick = (people: readonly { email: string }[]) => people[randomInt(people.length)]?.email ?? "";
  const addresses = {
    "unknown address": () => pick(unknown),
    "a recipient": () => pick(recipients),
    "unverified address": () => pick(unverified),
  };
  const times: Times = {};
  await inTurns(rounds, addresses, async (kind, address) => {
    const took = await timed(() =>
      harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail: address() } }),
    );
    add(times, kind, took);
    harness.tasks.length = 0;
  });
  return times;
}

async function confirmations(harness: GroupsHarness, rounds: number): Promise<Times> {
  const recipient = await harness.person("care_recipient");
  /** Each gives an invitation of a fresh giver in that state, which has had one try, and the code to offer. */
  const states = {
    wrong: async () => {
      const { giver, id, code } = await triedOnce(recipient.email);
      return { giver, id, code: wrongCode(code, 1) };
    },
    expired: async () => {
      const offered = await triedOnce(recipient.email);
      await harness.rows(
        "UPDATE invitations SET created_at = created_at - interval '1 day', expires_at = $2 WHERE id = $1",
        [offered.id, harness.now],
      );
      return offered;
    },
    used: async () => {
      const offered = await invited(recipient.email);
      await harness.confirm(offered.giver, offered.id, offered.code);
      return offered;
    },
    revoked: async () => {
      const offered = await triedOnce(recipient.email);
      await harness.invited(offered.giver, recipient.email);
      return offered;
    },
    "of an unknown address": async () => triedOnce(`${randomBytes(8).toString("hex")}@example.com`),
  };
  // All are prepared before the first is timed, so that what was done just before an answer doesn't change its time.
  const prepared: Record<string, Awaited<ReturnType<typeof invited>>[]> = {};
  await inTurns(rounds, states, async (kind, prepare) => {
    prepared[kind] = [...(prepared[kind] ?? []), await prepare()];
  });
  const times: Times = {};
  await inTurns(rounds, prepared, async (kind, offers) => {
    const offered = offers.pop();
    if (offered)
      add(times, kind, await timed(() => harness.confirm(offered.giver, offered.id, offered.code)));
  });
  return times;

  async function invited(address: string) {
    const giver = await harness.person("care_giver");
    const { id, code } = await harness.invited(giver, address);
    return { giver, id, code: code ?? "ABCDEFGH" };
  }
  async function triedOnce(address: string) {
    const offered = await invited(address);
    await harness.confirm(offered.giver, offered.id, wrongCode(offered.code));
    return offered;
  }
}

/** Does each kind once per round, in a random order. */
async function inTurns<Value>(
  rounds: number,
  kinds: Record<string, Value>,
  work: (kind: string, value: Value) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const turns = Object.entries(kinds)
      .map((turn) => ({ turn, at: Math.random() }))
      .sort((a, b) => a.at - b.at);
    for (const { turn } of turns) await work(...turn);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function add(times: Times, kind: string, milliseconds: number): void {
  times[kind] = [...(times[kind] ?? []), milliseconds];
}

/** The share of pairs in which the first is longer (the area under the ROC curve of a guess by time). */
function longer(ours: readonly number[], theirs: readonly number[]): number {
  let wins = 0;
  for (const a of ours) for (const b of theirs) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (ours.length * theirs.length);
}
