/** Who calls in the tests beside the routes of `groups`, and what they find in the database. */
import { PERSON, REQUEST_ID } from "#shared/platform/http/testing/caller.ts";
import type { Person } from "#shared/spaces/person.ts";

export const ID = "0123456789abcdefghjkmnpqrs";
/** The caller, as operations are given it. */
export const CALLER = { userId: PERSON, sessionId: `session-of-${PERSON}`, requestId: REQUEST_ID };

export function person(overrides: Partial<Person> = {}): Person {
  return {
    id: PERSON,
    email: "mina@example.com",
    address: "mina@example.com",
    emailVerified: true,
    name: "Mina",
    role: "care_giver",
    timeZone: "Asia/Seoul",
    language: "ko",
    quietHours: { from: "22:00", to: "07:00" },
    notifyBests: true,
    createdAt: new Date("2026-03-01T10:00:00.000Z"),
    ...overrides,
  };
}

/** A space as SQL gives it: numbers as text. */
export function spaceRow(overrides: Readonly<Record<string, unknown>> = {}) {
  return {
    id: ID,
    type: "care",
    title: "Grandma",
    role: "giver",
    members: [{ id: "r", name: "Grandma", role: "recipient" }],
    seq: "9007",
    ...overrides,
  };
}
