/**
 * People who join, leave, erase and submit across spaces of every type, for random histories. What mirrors memberships is the code that
 * runs in production (`writeMirror`, `leaveIn`); what it asks of SQL and Firestore is answered from memory, one step at a time, so that
 * the steps of several calls are mixed in any order, and each call may die at each step. What must always be true is checked after
 * every step.
 */
import assert from "node:assert/strict";
import { leaveIn } from "../leaveSpace.ts";
import type { MemberKey, MembershipStore } from "../membershipStore.ts";
import { writeMirror } from "../mirror.ts";
import {
  allows,
  DEFAULT_TYPES,
  MOST_SPACES,
  rulesOf,
  SPACE_ROLES,
  SPACE_TYPES,
  type SpaceRole,
  type SpaceType,
} from "../spaceTypes.ts";

const PEOPLE = ["ann", "bob", "eve", "kim"] as const;
const MOST_IN_FLIGHT = 4;

interface Space {
  readonly id: string;
  readonly type: SpaceType;
}

interface Member {
  readonly spaceId: string;
  readonly type: SpaceType;
  readonly role: SpaceRole;
  mirrored: boolean;
}

/** Made once: an error's stack costs more than a whole step here. */
const CRASH = new Error("the machine died");
const REFUSED = new Error("refused");

/** One call that is under way: it waits before each of its steps. */
interface Call {
  /** Memberships that it ends: their mirror may be behind SQL until it is over. */
  readonly ends: readonly MemberKey[];
  next: ((fate: "go" | "crash") => void) | undefined;
}

export class MembershipWorld {
  /** SQL: who is in which space. A person who isn't here has no account. */
  readonly members = new Map<string, Member[]>();
  /** The space of each job. */
  readonly jobs: string[] = [];
  /** Firestore: what the security rules ask. */
  readonly mirrors = new Map<string, readonly string[]>();
  readonly tombstones = new Set<string>();
  /** How often each thing was done; a history in which nothing happens shows nothing. */
  readonly done: Record<string, number> = {};
  readonly #spaces: readonly Space[] = SPACE_TYPES.filter((type) => type !== "personal").flatMap((type) => [
    { id: `${type}-1`, type },
    { id: `${type}-2`, type },
  ]);
  readonly #inFlight: Call[] = [];
  /** Memberships that a call which died was ending: their mirror is right again after `sweep`. */
  readonly #afterCrash: MemberKey[] = [];
  /** Firestore locks a document that a transaction has read. */
  readonly #locks = new Map<string, Promise<void>>();
  #names = 0;

  /** One step of a history, chosen by a number. */
  async step(choice: number): Promise<void> {
    const [what, rest] = [choice % 16, Math.floor(choice / 16)];
    const person = PEOPLE[rest % PEOPLE.length] ?? "ann";
    const other = Math.floor(rest / PEOPLE.length);
    if (what === 0) this.#signUp(person);
    else if (what <= 3) this.#join(person, other);
    else if (what === 4) this.#leave(person, other);
    else if (what === 5 && other % 3 === 0) this.#erase(person);
    else if (what === 6) this.#submit(person, other);
    else if (what === 7) this.#mirror(person);
    else await this.#goOn(rest, what === 15 ? "crash" : "go");
    this.#check();
  }

  /** Lets every call end, and sweep compare everyone. */
  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#goOn(0, "go");
    for (const person of PEOPLE)
      await writeMirror(
        this.#store(async () => {}),
        person,
      );
    this.#removeJobsOf([...this.tombstones]); // an erasure that died is continued
    this.#afterCrash.length = 0;
    this.#check();
    for (const person of PEOPLE) {
      assert.deepEqual(this.mirrors.get(person) ?? [], this.#spacesOf(person), "mirror and SQL agree");
      for (const member of this.members.get(person) ?? []) assert.ok(member.mirrored, "noted as mirrored");
    }
    const living = new Set(PEOPLE.flatMap((person) => this.#spacesOf(person)));
    for (const spaceId of this.jobs)
      assert.ok(
        living.has(spaceId) || !this.tombstones.has(spaceId),
        "nothing is in a space that was erased",
      );
  }

  #count(what: string): void {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }

  #signUp(person: string): void {
    if (this.members.has(person)) return;
    const type = "personal";
    this.members.set(person, []);
    this.#add(person, { id: `personal-${person}-${this.#names++}`, type }, "owner");
    this.#count("signed up");
    this.#mirror(person);
  }

  /** As SQL has it: with the limits, and the unique columns. */
  #join(person: string, choice: number): void {
    const space = this.#spaces[choice % this.#spaces.length];
    const own = this.members.get(person);
    const role = SPACE_ROLES[Math.floor(choice / this.#spaces.length) % SPACE_ROLES.length];
    if (!space || !own || !role || this.tombstones.has(space.id)) return;
    const isFull =
      own.length >= MOST_SPACES ||
      (space.type === "care" && own.some(({ type }) => type === "care")) ||
      (role === "recipient" && this.#membersOf(space.id).some((member) => member.role === "recipient"));
    const joinsBy = rulesOf(space.type, role)?.joinsBy;
    if (isFull || joinsBy === undefined || joinsBy === "account") return;
    if (own.some(({ spaceId }) => spaceId === space.id)) return;
    this.#add(person, space, role);
    this.#count("joined");
    this.#mirror(person);
  }

  #add(person: string, { id, type }: Space, role: SpaceRole): void {
    this.members.get(person)?.push({ spaceId: id, type, role, mirrored: false });
  }

  #mirror(person: string): void {
    this.#begin([], (pause) => writeMirror(this.#store(pause), person));
  }

  #leave(person: string, choice: number): void {
    const own = (this.members.get(person) ?? []).filter(({ type, role }) => allows(type, role, "leave"));
    const spaceId = own[choice % Math.max(1, own.length)]?.spaceId;
    if (spaceId === undefined) return;
    this.#begin([{ userId: person, spaceId }], async (pause) => {
      const store = this.#store(pause);
      await leaveIn(store, { userId: person, spaceId }, async () => {
        await pause();
        if (!this.#remove(person, spaceId)) throw REFUSED;
        this.#count("left");
      });
    });
  }

  #erase(person: string): void {
    const own = this.members.get(person);
    if (!own) return;
    const ending = own.filter(
      ({ spaceId, type, role }) =>
        rulesOf(type, role)?.whenErased === "space_ends" || this.#membersOf(spaceId).length === 1,
    );
    const ended = ending.map(({ spaceId }) => spaceId);
    const former = PEOPLE.filter((one) => one === person || ended.some((id) => this.#isMember(one, id)));
    const ends = [
      ...own.map(({ spaceId }) => ({ userId: person, spaceId })),
      ...former.flatMap((userId) => ended.map((spaceId) => ({ userId, spaceId }))),
    ];
    // One transaction of SQL.
    for (const spaceId of ended) {
      this.tombstones.add(spaceId);
      for (const one of PEOPLE) this.#remove(one, spaceId);
    }
    this.members.delete(person);
    this.#count("erased");
    this.#begin(ends, async (pause) => {
      for (const one of former) await writeMirror(this.#store(pause), one);
      await pause();
      this.#removeJobsOf(ended);
    });
  }

  /** A job comes into the space that is meant, if the person may submit there; nothing comes to one that was erased. */
  #submit(person: string, choice: number): void {
    const own = this.members.get(person) ?? [];
    const meant =
      choice % 2 === 0
        ? DEFAULT_TYPES.flatMap((type) => own.filter((member) => member.type === type))[0]
        : own[choice % Math.max(1, own.length)];
    if (!meant || !allows(meant.type, meant.role, "submit")) return;
    this.#begin([], async (pause) => {
      await pause();
      if (this.tombstones.has(meant.spaceId)) return;
      this.jobs.push(meant.spaceId);
      this.#count("submitted");
    });
  }

  /** The store of one call. @param pause comes before each of its steps */
  #store(pause: () => Promise<void>): MembershipStore {
    return {
      spacesOf: async (userId) => {
        await pause();
        return this.#spacesOf(userId);
      },
      noteMirrored: async (userId, spaceIds) => {
        await pause();
        for (const member of this.members.get(userId) ?? [])
          if (spaceIds.includes(member.spaceId)) member.mirrored = true;
      },
      noteUnmirrored: async ({ userId, spaceId }) => {
        await pause();
        const member = this.members.get(userId)?.find((one) => one.spaceId === spaceId);
        if (member) member.mirrored = false;
        return member !== undefined;
      },
      changeMirror: async (userId, change) => {
        await pause();
        const free = await this.#lock(userId);
        try {
          await pause();
          const written = await change(this.mirrors.get(userId));
          await pause();
          if (written.length === 0) this.mirrors.delete(userId);
          else this.mirrors.set(userId, written);
          return written;
        } finally {
          free();
        }
      },
    };
  }

  async #lock(userId: string): Promise<() => void> {
    const before = this.#locks.get(userId);
    const own = Promise.withResolvers<void>();
    this.#locks.set(userId, own.promise);
    await before;
    return own.resolve;
  }

  #begin(ends: readonly MemberKey[], work: (pause: () => Promise<void>) => Promise<void>): void {
    if (this.#inFlight.length >= MOST_IN_FLIGHT && ends.length === 0) return;
    const call: Call = { ends, next: undefined };
    const pause = () =>
      new Promise<void>((resolve, reject) => {
        call.next = (fate) => (fate === "go" ? resolve() : reject(CRASH));
      });
    this.#inFlight.push(call);
    const end = () => {
      this.#inFlight.splice(this.#inFlight.indexOf(call), 1);
    };
    work(pause).then(end, (error: unknown) => {
      if (error === CRASH) this.#afterCrash.push(...ends);
      else if (error !== REFUSED && !isNotFound(error)) this.#failed ??= error;
      end();
    });
  }
  #failed: unknown;

  /** Lets one call do one step or some more, or die. */
  async #goOn(choice: number, fate: "go" | "crash"): Promise<void> {
    await paused();
    const ready = this.#inFlight.filter(({ next }) => next !== undefined);
    const call = ready[choice % Math.max(1, ready.length)];
    if (!call) return;
    if (fate === "crash") this.#count("died");
    // Some calls overtake others by far: that is where an old answer of SQL would be written.
    const steps = Math.floor(choice / MOST_IN_FLIGHT) % 3 === 0 ? 16 : 1;
    for (let step = 0; step < steps && call.next; step++) {
      const { next } = call;
      call.next = undefined;
      next(fate);
      await paused();
      if (this.#failed !== undefined) throw this.#failed;
      this.#check();
    }
  }

  /** No one reads a space that they aren't in, unless the call that takes them out has not answered yet. */
  #check(): void {
    for (const [person, spaceIds] of this.mirrors)
      for (const spaceId of spaceIds) {
        if (this.#isMember(person, spaceId)) continue;
        const isEnding = [...this.#inFlight.flatMap(({ ends }) => ends), ...this.#afterCrash].some(
          (ending) => ending.userId === person && ending.spaceId === spaceId,
        );
        assert.ok(isEnding, `${person} reads ${spaceId} and is not in it`);
      }
  }

  #removeJobsOf(spaceIds: readonly string[]): void {
    for (const [index, job] of [...this.jobs.entries()].reverse())
      if (spaceIds.includes(job)) this.jobs.splice(index, 1);
  }
  #spacesOf(person: string): string[] {
    return (this.members.get(person) ?? []).map(({ spaceId }) => spaceId).sort();
  }
  #isMember(person: string, spaceId: string): boolean {
    return this.members.get(person)?.some((member) => member.spaceId === spaceId) ?? false;
  }
  #membersOf(spaceId: string): { person: string; role: SpaceRole }[] {
    return PEOPLE.flatMap((person) =>
      (this.members.get(person) ?? [])
        .filter((member) => member.spaceId === spaceId)
        .map(({ role }) => ({ person, role })),
    );
  }
  #remove(person: string, spaceId: string): boolean {
    const own = this.members.get(person) ?? [];
    const index = own.findIndex((member) => member.spaceId === spaceId);
    if (index >= 0) own.splice(index, 1);
    return index >= 0;
  }
}

const isNotFound = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "not_found";

/** Lets every call come to its next pause, or to its end. */
const paused = () => new Promise<void>((resolve) => setImmediate(resolve));
