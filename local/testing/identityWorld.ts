/** Two people, two mailboxes and two identity providers, for random histories of sign-ins. */
import fc from "fast-check";
import type { Identity } from "#functions/auth/identity.ts";
import { readAddress } from "#shared/platform/mail/address.ts";

type Person = "mina" | "stranger";

/** How far a world is from the simplest one. */
export interface WorldRules {
  readonly providers: readonly Identity["provider"][];
  /**
   * `quick`: a mailbox goes to the other person at once, and identities of the old reader go on claiming it. `slow`: only a year after
   * the last sign-in with it, and the old reader's identities with it are closed, as providers that give addresses again do.
   */
  readonly handOver: "never" | "slow" | "quick";
  /** Whether the reader of a mailbox confirms Firebase accounts that others made for it, once those have signed in here. */
  readonly confirmsForOthers: boolean;
}

/** An account at a provider. */
interface ProviderAccount {
  readonly provider: Identity["provider"];
  readonly subject: string;
  readonly owner: Person;
  address: string;
  verified: boolean;
  /** Whether it signed in here while its address was unverified. */
  seenUnverified: boolean;
}

export interface SignIn {
  readonly identity: Identity;
  readonly owner: Person;
  readonly now: Date;
}

const ADDRESSES = ["one@example.com", "two@example.com"] as const;
const YEAR_AND_A_DAY = 366;
const OPERATIONS = [
  "make",
  "confirm",
  "move",
  "handOver",
  "wait",
  "signIn",
  "signIn",
  "signIn",
  "throughFirebase",
] as const;

/** One step; numbers pick among what is there. */
export type Step = readonly [operation: (typeof OPERATIONS)[number], which: number, other: number];

export const histories: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom(...OPERATIONS), fc.nat(11), fc.nat(11)),
  { minLength: 4, maxLength: 40 },
);

/** The sign-ins that a history leads to in a world of these rules. */
export function* signIns(steps: readonly Step[], rules: WorldRules): Generator<SignIn> {
  let now = Date.parse("2030-01-01T00:00:00Z");
  const readers: Record<string, Person> = { [ADDRESSES[0]]: "mina", [ADDRESSES[1]]: "stranger" };
  let accounts: ProviderAccount[] = [];

  for (const [operation, which, other] of steps) {
    now += 3_600_000;
    const account = accounts[which % Math.max(accounts.length, 1)];
    const address = ADDRESSES[other % 2] ?? ADDRESSES[0];
    switch (operation) {
      case "make":
        accounts.push(make(which, address));
        break;
      case "confirm":
        for (const each of accounts) {
          const may =
            each.owner === readers[each.address] || (rules.confirmsForOthers && each.seenUnverified);
          if (may) each.verified = true;
        }
        break;
      case "move":
        if (account && account.address !== address) move(account, address);
        break;
      case "handOver":
        handOver(address);
        break;
      case "wait":
        now += 40 * 86_400_000;
        break;
      default:
        if (account) yield signIn(account, operation === "throughFirebase");
    }
  }

  function make(which: number, address: string): ProviderAccount {
    const provider = rules.providers[which % rules.providers.length] ?? "google";
    const owner = provider === "google" ? (readers[address] ?? "mina") : which % 4 < 2 ? "mina" : "stranger";
    const subject = `${provider}-${accounts.length}-${now}`;
    return { provider, subject, owner, address, verified: provider === "google", seenUnverified: false };
  }
  /** Google asks whether the person reads the new mailbox, Firebase lets them name any and asks later. */
  function move(account: ProviderAccount, address: string): void {
    if (account.provider === "google" && readers[address] !== account.owner) return;
    account.address = address;
    account.verified = account.provider === "google";
    account.seenUnverified = false;
  }
  function handOver(address: string): void {
    if (rules.handOver === "never") return;
    readers[address] = readers[address] === "mina" ? "stranger" : "mina";
    if (rules.handOver === "quick") return;
    now += YEAR_AND_A_DAY * 86_400_000;
    accounts = accounts.filter((each) => each.address !== address);
  }
  function signIn(account: ProviderAccount, throughFirebase: boolean): SignIn {
    if (!account.verified) account.seenUnverified = true;
    const secondHand = throughFirebase && account.provider === "google";
    const identity = {
      provider: account.provider,
      subject: account.subject,
      email: readAddress(account.address) ?? null,
      emailVerified: account.verified,
      name: null,
      secondHand,
      firebaseUid: secondHand ? `of ${account.subject}` : null,
    };
    return { identity, owner: account.owner, now: new Date(now) };
  }
}

/** The worlds in which no identity may ever get into another person's account. */
export const worlds: Readonly<Record<string, WorldRules>> = {
  "one provider, mailboxes that change hands at once": {
    providers: ["google"],
    handOver: "quick",
    confirmsForOthers: false,
  },
  "two providers, mailboxes that change hands after a year": {
    providers: ["google", "firebase"],
    handOver: "slow",
    confirmsForOthers: false,
  },
  "two providers, a stranger's accounts for Mina's mailbox, which she confirms": {
    providers: ["google", "firebase"],
    handOver: "never",
    confirmsForOthers: true,
  },
  "all of it but the quick change of hands": {
    providers: ["google", "firebase"],
    handOver: "slow",
    confirmsForOthers: true,
  },
};
