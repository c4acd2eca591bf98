/** What the tests of care groups share: the app of `groups` and the mail task on real stores, a clock that stands still, a mailbox. */
import { createHmac, randomBytes } from "node:crypto";
import { type MailOutcome, sendInvitation } from "#functions/dispatch/sendInvitation.ts";
import type { GroupsDeps } from "#functions/groups/deps.ts";
import { groupsApp } from "#functions/groups/routes.ts";
import {
  type TestDatabase,
  type TestFirestore,
  testDatabase,
  testFirestore,
} from "#local/testing/backends.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import { refuseInTransaction } from "#local/testing/transactionScope.ts";
import type { ChangingDeps } from "#shared/changes/changing.ts";
import type { ErasureDeps } from "#shared/erasure/continueErasure.ts";
import type { DomainEvent } from "#shared/events/event.ts";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import type { Role } from "#shared/platform/http/accessToken.ts";
import { randomId } from "#shared/platform/ids.ts";
import { createLogger, silentLogger } from "#shared/platform/log/logger.ts";
import { readAddress } from "#shared/platform/mail/address.ts";
import type { Mail } from "#shared/platform/mail/mailer.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import type { Task, TaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { mailTaskSchema } from "#shared/spaces/invitationTask.ts";
import { makePersonalSpace } from "#shared/spaces/joinSpace.ts";
import { mirroredSpaces } from "#shared/spaces/membershipStore.ts";
import { mirrorMember } from "#shared/spaces/mirror.ts";

export interface TestPerson {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly personalSpaceId: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, read by a test that knows what it asked for. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it with what they expect, field by field
  readonly json: any;
}

export interface CallOptions {
  readonly body?: unknown;
  /** The body's text as it is, under the content type of JSON. */
  readonly text?: string;
  readonly key?: string;
  /** The session that asks; the person's first one unless said otherwise. */
  readonly sessionId?: string;
}

/** Real Postgres and Firestore, and everything of `groups` around them. Call `close` in `after`. */
export async function groupsHarness(overrides: Partial<GroupsDeps> = {}): Promise<GroupsHarness> {
  const [database, firestore] = await Promise.all([testDatabase(), testFirestore()]);
  return new GroupsHarness(database, firestore, overrides);
}

export class GroupsHarness {
  readonly backend: TestDatabase;
  readonly firestore: TestFirestore["firestore"];
  /** Connected as `groups`. */
  readonly db: Database;
  readonly deps: GroupsDeps;
  readonly uploads = memoryObjects();
  readonly resources = memoryObjects();
  /** Ids of the Firebase accounts that were deleted. */
  readonly removedAccounts: string[] = [];
  /** What erasing uses; a test may put something else in its place. */
  erasure: ErasureDeps & ChangingDeps;
  /** Events that reached Pub/Sub. */
  readonly published: DomainEvent[] = [];
  /** What Pub/Sub does with the next event. */
  pubSub: (event: DomainEvent) => Promise<void> = async (event) => void this.published.push(event);
  /** Mails the mail server took. */
  readonly mails: Mail[] = [];
  /** Tasks that were added and not run yet. */
  readonly tasks: Task[] = [];
  /** What the mail server does with the next mail. */
  mailServer: (mail: Mail) => Promise<"sent" | "refused"> = async () => "sent";
  /** Mails a day to one address. */
  recipientCap = 60;
  now = new Date("2026-03-10T09:00:00Z");
  readonly #firestoreBackend: TestFirestore;
  readonly #app: ReturnType<typeof groupsApp>;

  constructor(backend: TestDatabase, firestore: TestFirestore, overrides: Partial<GroupsDeps>) {
    this.backend = backend;
    this.#firestoreBackend = firestore;
    this.firestore = firestore.firestore;
    this.db = backend.as("groups", 10);
    this.erasure = {
      db: this.db,
      firestore: this.firestore,
      uploads: this.uploads,
      resources: this.resources,
      firebase: {
        remove: async (uids) => {
          this.removedAccounts.push(...uids);
        },
      },
      clock: () => this.now,
      log: silentLogger,
      raiseFeeds: async () => {},
    };
    const deps: GroupsDeps = {
      http: {
        log: createLogger("error"),
        newId: randomId,
        edge: "none",
        refuseUndeclaredErrors: true,
        verifyAccessToken: async (token) => {
          const [userId = "", sessionId = sessionOf(userId)] = token.split("~");
          if (!/^[0-9a-z]{26}$/.test(userId)) throw errors.unauthenticated("no such token");
          return { userId, sessionId, role: null };
        },
      },
      db: this.db,
      firestore: async () => this.firestore,
      tasks: async () => this.#taskQueue(),
      uploads: async () => this.uploads,
      resources: async () => this.resources,
      erasure: async () => this.erasure,
      publish: (events) => this.#publish(events),
      raiseFeeds: async () => {},
      codeKey: randomBytes(32),
      caps: {
        INVITATIONS_PER_GIVER: 100,
        INVITATIONS_PER_PAIR: 30,
        CODE_TRIES_PER_GIVER: 30,
        CODE_TRIES_PER_PAIR: 15,
      },
      clock: () => this.now,
      newId: randomId,
      randomBytes,
      ...overrides,
    };
    this.deps = deps;
    this.#app = groupsApp(() => deps);
  }

  advance(seconds: number): void {
    this.now = plusSeconds(this.now, seconds);
  }

  async close(): Promise<void> {
    await Promise.all([this.backend.drop(), this.#firestoreBackend.drop()]);
  }

  /** A person who has signed in; enrolled unless `role` is null. */
  async person(
    role: Role | null,
    more: {
      email?: string;
      emailVerified?: boolean;
      name?: string;
      timeZone?: string;
      language?: string;
    } = {},
  ): Promise<TestPerson> {
    const id = randomId();
    const person = {
      id,
      email: more.email ?? `${id}@example.com`,
      name: more.name ?? `Name ${id.slice(0, 4)}`,
      personalSpaceId: randomId(),
    };
    await this.backend.pool.query(
      `INSERT INTO users (id, email, email_written, email_verified, name, role, time_zone, language, created_at, updated_at)
       VALUES ($1, $2, $9, $3, $4, $5, $6, $7, $8, $8)`,
      [
        id,
        readAddress(person.email)?.canonical,
        more.emailVerified ?? true,
        person.name,
        role,
        more.timeZone ?? "Asia/Seoul",
        more.language ?? "en",
        this.now,
        person.email,
      ],
    );
    await makePersonalSpace(this.backend.pool, {
      spaceId: person.personalSpaceId,
      userId: id,
      now: this.now,
    });
    await mirrorMember(this.backend.pool, this.firestore, id);
    await this.signIn(person, sessionOf(id));
    return person;
  }

  /** A session of a person; each has one from the beginning. @returns its id */
  async signIn(person: TestPerson, sessionId = randomId()): Promise<string> {
    await this.backend.pool.query(
      "INSERT INTO sessions (id, user_id, provider, created_at, last_used_at, expires_at) VALUES ($1, $2, 'google', $3, $3, $4)",
      [sessionId, person.id, this.now, plusSeconds(this.now, 365 * 86_400)],
    );
    return sessionId;
  }

  async call(
    who: Pick<TestPerson, "id"> | null,
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<Answer> {
    const sent = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const init = {
      method,
      headers: {
        ...(who
          ? { authorization: `Bearer ${who.id}${options.sessionId ? `~${options.sessionId}` : ""}` }
          : {}),
        ...(options.key ? { "idempotency-key": options.key } : {}),
        ...(sent === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(sent === undefined ? {} : { body: sent }),
    };
    const response = await this.#app.request(path, init, {});
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text === "" ? undefined : JSON.parse(text),
    };
  }

  /** Asks, and runs the mail task; gives the invitation and the code that was mailed, if one was. */
  async invited(
    giver: TestPerson,
    recipientEmail: string,
  ): Promise<{ id: string; code: string | undefined }> {
    const answer = await this.call(giver, "POST", "/v1/invitations", { body: { recipientEmail } });
    if (answer.status !== 202) throw new Error(`inviting answered ${answer.text}`);
    const before = this.mails.length;
    await this.runTasks();
    return { id: answer.json.id, code: this.mails.length > before ? codeIn(this.mails.at(-1)) : undefined };
  }

  confirm(giver: Pick<TestPerson, "id">, invitationId: string, code: string, key?: string): Promise<Answer> {
    return this.call(giver, "POST", `/v1/invitations/${invitationId}/confirm`, {
      body: { code },
      ...(key === undefined ? {} : { key }),
    });
  }

  /** Two people in a group. */
  async bound(giver: TestPerson, recipient: TestPerson): Promise<string> {
    const { id, code } = await this.invited(giver, recipient.email);
    const answer = await this.confirm(giver, id, code ?? "none was mailed");
    if (answer.status !== 201) throw new Error(`confirming answered ${answer.text}`);
    return answer.json.id;
  }

  /** Runs the mail tasks that wait. */
  async runTasks(): Promise<MailOutcome[]> {
    const outcomes: MailOutcome[] = [];
    for (const task of this.tasks.splice(0)) {
      outcomes.push(await this.runMailTask(mailTaskSchema.parse(task.body).invitationId));
    }
    return outcomes;
  }

  runMailTask(invitationId: string): Promise<MailOutcome> {
    return sendInvitation(
      { invitationId },
      {
        db: this.backend.as("dispatch"),
        mailer: {
          send: async (mail) => {
            refuseInTransaction("mail");
            const outcome = await this.mailServer(mail);
            if (outcome === "sent") this.mails.push(mail);
            return outcome;
          },
        },
        codeKey: this.deps.codeKey,
        recipientCap: this.recipientCap,
        clock: this.deps.clock,
        randomBytes: this.deps.randomBytes,
        log: silentLogger,
        publish: this.deps.publish,
      },
    );
  }

  /** The spaces that Firestore has a person in, without their personal space. */
  async mirrorOf({ id, personalSpaceId }: TestPerson): Promise<readonly string[]> {
    const mirrored = mirroredSpaces((await this.firestore.doc(`members/${id}`).get()).data()) ?? [];
    return mirrored.filter((spaceId) => spaceId !== personalSpaceId);
  }

  async rows<Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.backend.pool.query<Row>(text, values)).rows;
  }

  #publish(events: readonly DomainEvent[]): Promise<void> {
    refuseInTransaction("Pub/Sub");
    const publisher = { publish: (event: DomainEvent) => this.pubSub(event) };
    return publishEvents({ db: this.db, publisher, clock: () => this.now, log: silentLogger })(events);
  }

  #names = new Set<string>();
  #taskQueue(): TaskQueue {
    refuseInTransaction("Cloud Tasks");
    return {
      add: async (task) => {
        if (task.name !== undefined && this.#names.has(task.name)) return "exists";
        if (task.name !== undefined) this.#names.add(task.name);
        this.tasks.push(task);
        return "added";
      },
      remove: async () => {},
    };
  }
}

function sessionOf(userId: string): string {
  return `session-of-${userId}`;
}

/** The code in a mail: alone on its line. */
export function codeIn(mail: Mail | undefined): string {
  const code = /^[0-9A-HJKMNP-TV-Z]{8}$/m.exec(mail?.text ?? "")?.[0];
  if (code === undefined) throw new Error("the mail holds no code");
  return code;
}

/** Another code than this one, well formed. */
export function wrongCode(code: string, number = 0): string {
  const other = createHmac("sha256", code).update(String(number)).digest("hex").slice(0, 8).toUpperCase();
  return other === code ? wrongCode(code, number + 1_000_000) : other;
}
