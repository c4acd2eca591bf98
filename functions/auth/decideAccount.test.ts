import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { histories, type SignIn, signIns, worlds } from "#local/testing/identityWorld.ts";
import {
  type Claim,
  type Claimant,
  decideAccount,
  type HeldAddress,
  type Holder,
  type KnownIdentity,
} from "./decideAccount.ts";

const now = new Date("2030-06-01T00:00:00Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

const google = (claim: Partial<Claimant> = {}): Claimant => ({
  provider: "google",
  address: "x",
  verified: true,
  secondHand: false,
  ...claim,
});
const firebase = (claim: Partial<Claimant> = {}) => google({ provider: "firebase", ...claim });
const known = (
  account: HeldAddress,
  lastClaim: Claim = { address: "x", verified: true },
  otherClaims: readonly Claim[] = [],
): KnownIdentity => ({ lastClaim, account, otherClaims });
const holder = (of: Partial<Holder> = {}): Holder => ({
  joinable: true,
  providers: ["google"],
  confirmedAt: daysAgo(1),
  ...of,
});
const held = (address: string): HeldAddress => ({ address, verified: true, joinable: true });
const weak = (address: string): HeldAddress => ({ address, verified: true, joinable: false });
const shown = (address: string | null): HeldAddress => ({ address, verified: false, joinable: false });

interface Row {
  readonly identity: Claimant;
  readonly known?: KnownIdentity;
  readonly holder?: Holder;
  /** Rule, account, its address, whether the holder loses it. */
  readonly decides: readonly [number, "own" | "holder" | "new", HeldAddress | "unchanged", boolean];
}

const rows: Readonly<Record<string, Row>> = {
  "1: its address changed: the account follows": {
    identity: google({ address: "y" }),
    known: known(held("x")),
    decides: [1, "own", held("y"), false],
  },
  "1: its address changed to one that another account holds: that one loses it": {
    identity: google({ address: "y" }),
    known: known(held("x")),
    holder: holder(),
    decides: [1, "own", held("y"), true],
  },
  "1: it has an address for the first time": {
    identity: firebase(),
    known: known(shown(null), { address: null, verified: false }),
    decides: [1, "own", held("x"), false],
  },
  "2: nothing changed": {
    identity: google(),
    known: known(held("x")),
    decides: [2, "own", "unchanged", false],
  },
  "2: it says the same again, and the account follows another identity": {
    identity: google(),
    known: known(held("y")),
    decides: [2, "own", "unchanged", false],
  },
  "2: an address that is only second-hand isn't followed": {
    identity: google({ address: "y", secondHand: true }),
    known: known(held("x")),
    holder: holder(),
    decides: [2, "own", "unchanged", false],
  },
  "3: its address is verified by now and free": {
    identity: firebase(),
    known: known(shown("x"), { address: "x", verified: false }),
    decides: [3, "own", weak("x"), false],
  },
  "3: the address it lost is free again": {
    identity: google(),
    known: known(shown("x")),
    decides: [3, "own", weak("x"), false],
  },
  "4: unverified by now, but another identity of the account has it verified": {
    identity: firebase({ verified: false }),
    known: known(held("x"), { address: "x", verified: true }, [{ address: "x", verified: true }]),
    decides: [4, "own", "unchanged", false],
  },
  "4: changed to an unverified one, and the account's address isn't by this identity": {
    identity: firebase({ address: "z", verified: false }),
    known: known(held("y")),
    decides: [4, "own", "unchanged", false],
  },
  "4: without an address, and the account holds none": {
    identity: firebase({ address: null, verified: false }),
    known: known(shown("x"), { address: null, verified: false }),
    decides: [4, "own", "unchanged", false],
  },
  "5: unverified by now": {
    identity: firebase({ verified: false }),
    known: known(held("x")),
    decides: [5, "own", shown("x"), false],
  },
  "5: changed to an unverified one": {
    identity: firebase({ address: "y", verified: false }),
    known: known(held("x")),
    decides: [5, "own", shown("y"), false],
  },
  "5: verified by now, but another account holds it": {
    identity: firebase(),
    known: known(shown("x"), { address: "x", verified: false }),
    holder: holder(),
    decides: [5, "own", shown("x"), false],
  },
  "6: new, with an unverified address that another account holds": {
    identity: firebase({ verified: false }),
    decides: [6, "new", shown("x"), false],
  },
  "6: new, without an address": {
    identity: firebase({ address: null, verified: false }),
    decides: [6, "new", shown(null), false],
  },
  "7: new, with a free address": { identity: google(), decides: [7, "new", held("x"), false] },
  "8: new, and the holder has no identity of this provider": {
    identity: firebase(),
    holder: holder(),
    decides: [8, "holder", "unchanged", false],
  },
  "8: new, and the holder signed in a year ago": {
    identity: firebase(),
    holder: holder({ confirmedAt: daysAgo(365) }),
    decides: [8, "holder", "unchanged", false],
  },
  "9: new, and the holder has another identity of this provider": {
    identity: google(),
    holder: holder(),
    decides: [9, "new", held("x"), true],
  },
  "9: new, and the holder has identities of both providers": {
    identity: firebase(),
    holder: holder({ providers: ["google", "firebase"] }),
    decides: [9, "new", held("x"), true],
  },
  "9: new, and the holder's address was unverified at first": {
    identity: google(),
    holder: holder({ providers: ["firebase"], joinable: false }),
    decides: [9, "new", held("x"), true],
  },
  "9: new, and the holder signed in more than a year ago": {
    identity: firebase(),
    holder: holder({ confirmedAt: daysAgo(366) }),
    decides: [9, "new", held("x"), true],
  },
  "9: new, and no identity of the holder has the address now": {
    identity: firebase(),
    holder: holder({ confirmedAt: null }),
    decides: [9, "new", held("x"), true],
  },
};

describe("which account an identity reaches, by rule", () => {
  for (const [what, { identity, known, holder, decides }] of Object.entries(rows)) {
    test(what, () => {
      const { rule, account, address, holderLoses } = decideAccount(identity, { known, holder, now });
      assert.deepEqual([rule, account, address, holderLoses], decides);
    });
  }
});

describe("random histories of two people, two mailboxes and two providers", () => {
  for (const [world, rules] of Object.entries(worlds)) {
    test(`${world}: no one gets into another's account`, () => {
      const used = new Set<number>();
      fc.assert(
        fc.property(histories, (steps) => {
          const accounts = new Accounts();
          for (const signIn of signIns(steps, rules)) used.add(accounts.signIn(signIn));
        }),
        { numRuns: 4000 },
      );
      const rare = rules.providers.length > 1 ? [3, 8, 9] : [9];
      const missed = rare.filter((rule) => !used.has(rule));
      assert.deepEqual(missed, [], "rules that no history came to");
    });
  }
});

interface Account {
  readonly owner: string;
  held: HeldAddress;
  readonly identities: Map<string, Claim & { provider: string; at: Date }>;
}

/** Accounts in memory, and what must be true of them after every sign-in. */
class Accounts {
  readonly #accounts: Account[] = [];

  signIn({ identity, owner, now }: SignIn): number {
    const { provider, subject, secondHand } = identity;
    const claim = { provider, address: identity.email?.canonical ?? null, verified: identity.emailVerified };
    const own = this.#accounts.find(({ identities }) => identities.has(subject));
    const holder = this.#accounts.find(
      ({ held }) => claim.verified && held.verified && held.address === claim.address,
    );
    const decision = decideAccount(
      { ...claim, secondHand },
      {
        known: own && knownOf(own, subject),
        holder: holder === own ? undefined : holder && holderOf(holder),
        now,
      },
    );
    const account =
      decision.account === "new" ? { owner, held: shown(null), identities: new Map() } : (own ?? holder);
    assert.ok(
      account && (own === undefined || account === own),
      "the same identity reaches the same account",
    );
    assert.equal(account.owner, owner, "an identity reaches its own person's account");
    if (decision.account === "new") this.#accounts.push(account);
    if (decision.holderLoses && holder) holder.held = { ...holder.held, verified: false, joinable: false };
    if (decision.address !== "unchanged") account.held = decision.address;
    const before = account.identities.get(subject);
    account.identities.set(subject, secondHand && before ? { ...before, at: now } : { ...claim, at: now });

    const holders = this.#accounts.filter(({ held }) => held.verified).map(({ held }) => held.address);
    assert.equal(new Set(holders).size, holders.length, "at most one account holds an address");
    if (claim.verified && own === undefined)
      assert.ok(account.held.verified, "a new verified address is held");
    return decision.rule;
  }
}

function knownOf({ held, identities }: Account, subject: string): KnownIdentity {
  const lastClaim = identities.get(subject) ?? { address: null, verified: false };
  const otherClaims = [...identities].filter(([id]) => id !== subject).map(([, claim]) => claim);
  return { account: held, lastClaim, otherClaims };
}

function holderOf({ held, identities }: Account): Holder {
  const claims = [...identities.values()];
  const confirmed = claims.filter(({ address, verified }) => verified && address === held.address);
  const times = confirmed.map(({ at }) => at.getTime());
  return {
    joinable: held.joinable,
    providers: claims.map(({ provider }) => provider),
    confirmedAt: times.length === 0 ? null : new Date(Math.max(...times)),
  };
}
