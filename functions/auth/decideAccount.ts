/** Which account an identity signs in to, and which account holds its address from then on: decided here, carried out in account.ts. */
import { ABSOLUTE_DAYS } from "./refreshToken.ts";

/** An account's address. All addresses here are in their canonical form. */
export interface HeldAddress {
  readonly address: string | null;
  /** Whether the account holds the address: mail, invitations and joining go by it. At most one account holds an address. */
  readonly verified: boolean;
  /** Whether identities of other providers may join the account by it. */
  readonly joinable: boolean;
}

/** What an identity's provider says of the person's address. */
export interface Claim {
  readonly address: string | null;
  readonly verified: boolean;
}

/** The identity that signs in. */
export interface Claimant extends Claim {
  readonly provider: string;
  /** Whether the address is not the provider's own word: Firebase's, of an identity that is Google's. It may be an old one. */
  readonly secondHand: boolean;
}

/** An identity that signed in before. */
export interface KnownIdentity {
  /** The claim of its last sign-in. */
  readonly lastClaim: Claim;
  readonly account: HeldAddress;
  /** The last claims of the account's other identities. */
  readonly otherClaims: readonly Claim[];
}

/** Another account, which holds the address that the identity claims. */
export interface Holder {
  readonly joinable: boolean;
  /** The providers of its identities. */
  readonly providers: readonly string[];
  /** When an identity of its last signed in with this address verified; null when none has it now. */
  readonly confirmedAt: Date | null;
}

export interface Decision {
  /** The account that this identity belongs to already, the one that holds the address, or a new one. */
  readonly account: "own" | "holder" | "new";
  /** What the account's address is from now on. */
  readonly address: HeldAddress | "unchanged";
  /** Whether the address of the account that held it counts as unverified from now on. */
  readonly holderLoses: boolean;
  /** The table's row in docs/security.md. */
  readonly rule: number;
}

const DAY_MILLISECONDS = 86_400_000;

/**
 * The table "Which account an identity reaches" in docs/security.md, in its order.
 * @param holder an account other than the identity's own
 */
export function decideAccount(
  identity: Claimant,
  { known, holder, now }: { known: KnownIdentity | undefined; holder: Holder | undefined; now: Date },
): Decision {
  return known ? ofKnown(identity, known, holder) : ofNew(identity, holder, now);
}

function ofKnown(claim: Claimant, known: KnownIdentity, holder: Holder | undefined): Decision {
  if (claim.secondHand) return own(2, "unchanged");
  const changed = claim.address !== known.lastClaim.address;
  if (claim.verified && changed) return own(1, held(claim), holder !== undefined);
  if (claim.verified && known.account.verified) return own(2, "unchanged");
  if (claim.verified && holder === undefined) return own(3, { ...held(claim), joinable: false });
  const vouchedByAnother = known.otherClaims.some(
    (other) => other.verified && other.address === known.account.address,
  );
  const wasByThisOne = known.account.address === known.lastClaim.address;
  if (known.account.verified && (vouchedByAnother || !wasByThisOne)) return own(4, "unchanged");
  if (!known.account.verified && claim.address === null) return own(4, "unchanged");
  return own(5, shown(claim));
}

function ofNew(claim: Claimant, holder: Holder | undefined, now: Date): Decision {
  if (!claim.verified) return { account: "new", address: shown(claim), holderLoses: false, rule: 6 };
  if (holder === undefined) return { account: "new", address: held(claim), holderLoses: false, rule: 7 };
  const mayJoin = holder.joinable && !holder.providers.includes(claim.provider) && isRecent(holder, now);
  return mayJoin
    ? { account: "holder", address: "unchanged", holderLoses: false, rule: 8 }
    : { account: "new", address: held(claim), holderLoses: true, rule: 9 };
}

function own(rule: number, address: Decision["address"], holderLoses = false): Decision {
  return { account: "own", address, holderLoses, rule };
}

/** An address that was verified when its identity first showed it. */
function held({ address }: Claim): HeldAddress {
  return { address, verified: true, joinable: true };
}

/** An address that people may read, and that nothing goes by. */
function shown({ address }: Claim): HeldAddress {
  return { address, verified: false, joinable: false };
}

/** No session outlives ABSOLUTE_DAYS, so an account that is not recent is one that no session is open for. */
function isRecent({ confirmedAt }: Holder, now: Date): boolean {
  return confirmedAt !== null && now.getTime() - confirmedAt.getTime() <= ABSOLUTE_DAYS * DAY_MILLISECONDS;
}
