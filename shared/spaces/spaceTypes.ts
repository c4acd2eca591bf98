/**
 * What each type of space allows, as data. Another type, or another rule of one, is a row here (and its roles in the check of
 * `space_members`, with which a test compares this table); no code asks for a type by its name to know what is allowed.
 */
import type { DomainEvent } from "../events/event.ts";

export const SPACE_TYPES = ["care", "personal", "conversation", "site"] as const;
export type SpaceType = (typeof SPACE_TYPES)[number];

export const SPACE_ROLES = ["recipient", "giver", "owner", "member"] as const;
export type SpaceRole = (typeof SPACE_ROLES)[number];

/**
 * What a member may do beside reading. `submit`: upload, submit and change what is there. `delete`: delete resources and VR videos.
 * `invite`: ask others to join. `leave`: end their own membership.
 */
export type SpaceAct = "submit" | "delete" | "invite" | "leave";

/** The events that are about a space. */
type SpaceEvent = Extract<DomainEvent, { readonly spaceId: string }>["type"];

interface RoleRules {
  /** How a person comes into this role: with their account, by a code that was mailed, or by being added. */
  readonly joinsBy: "account" | "code" | "invitation";
  readonly may: readonly SpaceAct[];
  /** The roles whose members this role takes out of the space. */
  readonly removes: readonly SpaceRole[];
  /** What becomes of the space when the member is erased. What ends with a member is also theirs: their export has all of it. */
  readonly whenErased: "space_ends" | "space_stays";
  readonly notifiedOf: readonly SpaceEvent[];
}

type SpaceRules = Readonly<Partial<Record<SpaceRole, RoleRules>>>;

const JOBS: readonly SpaceEvent[] = ["job_succeeded", "job_failed", "best_beaten"];

/** For each type its roles, and what they may do. */
export const spaceTypes: Readonly<Record<SpaceType, SpaceRules>> = {
  care: {
    recipient: {
      joinsBy: "code",
      may: ["submit", "delete"],
      removes: ["giver"],
      whenErased: "space_ends",
      notifiedOf: JOBS,
    },
    giver: {
      joinsBy: "code",
      may: ["submit", "delete", "invite", "leave"],
      removes: [],
      whenErased: "space_stays",
      notifiedOf: [...JOBS, "badge_earned"],
    },
  },
  personal: {
    owner: {
      joinsBy: "account",
      may: ["submit", "delete"],
      removes: [],
      whenErased: "space_ends",
      notifiedOf: JOBS,
    },
  },
  conversation: {
    owner: {
      joinsBy: "invitation",
      may: ["submit", "delete", "invite", "leave"],
      removes: ["member"],
      whenErased: "space_stays",
      notifiedOf: JOBS,
    },
    member: {
      joinsBy: "invitation",
      may: ["submit", "invite", "leave"],
      removes: [],
      whenErased: "space_stays",
      notifiedOf: JOBS,
    },
  },
  site: {
    owner: {
      joinsBy: "invitation",
      may: ["submit", "delete", "invite", "leave"],
      removes: ["member"],
      whenErased: "space_stays",
      notifiedOf: JOBS,
    },
    member: { joinsBy: "invitation", may: ["leave"], removes: [], whenErased: "space_stays", notifiedOf: [] },
  },
};

/** The types of which a person has one at most, in the order in which one is meant when a request names no space. */
export const DEFAULT_TYPES: readonly SpaceType[] = ["care", "personal"];

/** Spaces that one person is in at most: Firestore's rules read the list of them at each request. */
export const MOST_SPACES = 200;

/** What a role has in a space of this type; undefined for a role that the type doesn't have. */
export function rulesOf(type: SpaceType, role: SpaceRole): RoleRules | undefined {
  return spaceTypes[type][role];
}

/** Whether a member with this role may do so in a space of this type. */
export function allows(type: SpaceType, role: SpaceRole, act: SpaceAct): boolean {
  return rulesOf(type, role)?.may.includes(act) ?? false;
}

/** A role in a type of space. */
export interface RoleInType {
  readonly type: SpaceType;
  readonly role: SpaceRole;
}

/** All roles of all types that a condition holds for; what a statement compares members with. */
export function rolesWith(holds: (rules: RoleRules) => boolean): readonly RoleInType[] {
  return SPACE_TYPES.flatMap((type) =>
    SPACE_ROLES.flatMap((role) => {
      const rules = rulesOf(type, role);
      return rules && holds(rules) ? [{ type, role }] : [];
    }),
  );
}
