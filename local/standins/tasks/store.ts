import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { QueueSettings } from "./queueSettings.ts";
import {
  type Attempt,
  type Queue,
  queueRowSchema,
  TABLES,
  type Task,
  type TaskRequest,
  taskRowSchema,
} from "./schema.ts";
import type { Micros } from "./time.ts";

export interface NewTask {
  name: string;
  queue: string;
  request: TaskRequest;
  body: Uint8Array;
  deadlineMs: number;
  createdAt: Micros;
  scheduledAt: Micros;
}

/** How an attempt ended; `httpStatus` is null if no answer came. */
export type AttemptEnd = NonNullable<Attempt["ended"]>;

/** Goes up when the tables change. */
const VERSION = 2;

const dueSchema = z.object({ id: z.number(), scheduled_at: z.number() });

/**
 * Queues and tasks on disk, one SQLite file in `directory`. Every change is committed before its method returns, so a process killed at
 * any point finds them again; attempts under way at that moment are due again when the next process opens the file. Only one
 * process may have it open: a second one gets an error at once.
 */
export class TaskStore {
  readonly #db: DatabaseSync;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#db = new DatabaseSync(join(directory, "tasks.sqlite"));
    this.#openAlone(directory);
    this.#db.exec("PRAGMA foreign_keys = ON");
    this.#makeTables(directory);
    this.#db.exec("UPDATE tasks SET running = 0");
  }

  close(): void {
    this.#db.close();
  }

  queue(name: string): Queue | undefined {
    const row = this.#db.prepare("SELECT * FROM queues WHERE name = ?").get(name);
    return row === undefined ? undefined : queueRowSchema.parse(row);
  }

  queueNames(): string[] {
    const rows = this.#db.prepare("SELECT name FROM queues ORDER BY name").all();
    return rows.map((row) => z.object({ name: z.string() }).parse(row).name);
  }

  /** Creates the queue, or changes its settings and leaves its tasks as they are. */
  putQueue(name: string, settings: QueueSettings): void {
    this.#db
      .prepare(
        `INSERT INTO queues (name, settings) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET settings = excluded.settings`,
      )
      .run(name, JSON.stringify(settings));
  }

  isNameSpent(name: string, now: Micros): boolean {
    return (
      this.#db.prepare("SELECT 1 FROM spent_names WHERE name = ? AND until > ?").get(name, now) !== undefined
    );
  }

  /** Adds a task, or returns undefined if one of that name is there. */
  addTask(task: NewTask): Task | undefined {
    const row = this.#db
      .prepare(
        `INSERT INTO tasks (name, queue, request, body, deadline_ms, created_at, scheduled_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING *`,
      )
      .get(
        task.name,
        task.queue,
        JSON.stringify(task.request),
        task.body,
        task.deadlineMs,
        task.createdAt,
        task.scheduledAt,
      );
    return row === undefined ? undefined : taskRowSchema.parse(row);
  }

  task(name: string): Task | undefined {
    const row = this.#db.prepare("SELECT * FROM tasks WHERE name = ?").get(name);
    return row === undefined ? undefined : taskRowSchema.parse(row);
  }

  /** The waiting task that is scheduled first, due or not. */
  nextTask(queue: string): { id: number; scheduledAt: Micros } | undefined {
    const row = this.#db
      .prepare(
        "SELECT id, scheduled_at FROM tasks WHERE queue = ? AND running = 0 ORDER BY scheduled_at, id LIMIT 1",
      )
      .get(queue);
    if (row === undefined) return undefined;
    const { id, scheduled_at: scheduledAt } = dueSchema.parse(row);
    return { id, scheduledAt };
  }

  /**
   * Records that an attempt is under way, before it is. `task` has the counts as they are with this attempt; `previous` is the
   * attempt before it.
   */
  beginAttempt(id: number, now: Micros): { task: Task; previous: Attempt | null } | undefined {
    return this.#transaction(() => {
      const before = this.#db.prepare("SELECT * FROM tasks WHERE id = ?").get(id);
      if (before === undefined) return undefined;
      const { scheduledAt, lastAttempt } = taskRowSchema.parse(before);
      const attempt: Attempt = { scheduledAt, dispatchedAt: now, ended: null };
      const after = this.#db
        .prepare(
          `UPDATE tasks SET running = 1, dispatch_count = dispatch_count + 1, last_attempt = ?2,
             first_attempt_at = coalesce(first_attempt_at, ?3) WHERE id = ?1 RETURNING *`,
        )
        .get(id, JSON.stringify(attempt), now);
      return { task: taskRowSchema.parse(after), previous: lastAttempt };
    });
  }

  /** Records a failed attempt; undefined if the task was deleted meanwhile, which ends it. */
  failAttempt(id: number, attempt: Attempt, end: AttemptEnd): Task | undefined {
    const { httpStatus } = end;
    const row = this.#db
      .prepare(
        `UPDATE tasks SET running = 0, last_attempt = ?2,
           response_count = response_count + ?3, execution_count = execution_count + ?4 WHERE id = ?1 RETURNING *`,
      )
      .get(
        id,
        JSON.stringify({ ...attempt, ended: end }),
        httpStatus === null ? 0 : 1,
        httpStatus === null || httpStatus >= 500 ? 0 : 1,
      );
    return row === undefined ? undefined : taskRowSchema.parse(row);
  }

  reschedule(id: number, at: Micros): void {
    this.#db.prepare("UPDATE tasks SET scheduled_at = ? WHERE id = ?").run(at, id);
  }

  /** Removes a task and spends its name. Returns whether it was there. */
  removeTask(id: number, nameSpentUntil: Micros): boolean {
    return this.#transaction(() => {
      const row = this.#db.prepare("DELETE FROM tasks WHERE id = ? RETURNING name").get(id);
      if (row === undefined) return false;
      this.#spendName(String(row.name), nameSpentUntil);
      return true;
    });
  }

  /** Forgets spent names whose time is over, and all tasks created before `createdBefore`. */
  tidy(now: Micros, createdBefore: Micros): void {
    this.#db.prepare("DELETE FROM spent_names WHERE until <= ?").run(now);
    this.#db.prepare("DELETE FROM tasks WHERE created_at < ?").run(createdBefore);
  }

  #openAlone(directory: string): void {
    // WAL with synchronous=NORMAL loses nothing when the process is killed, only if the machine loses power.
    try {
      this.#db.exec(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
      );
    } catch (error) {
      this.#db.close();
      throw new Error(`${directory} is in use by another process, or is not this stand-in's`, {
        cause: error,
      });
    }
  }

  #makeTables(directory: string): void {
    const isNew = this.#db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
    const version = this.#db.prepare("PRAGMA user_version").get()?.user_version;
    if (!isNew && version !== VERSION) {
      this.#db.close();
      throw new Error(`${directory} was made by another version: start once with --fresh`);
    }
    this.#db.exec(`${TABLES} PRAGMA user_version = ${VERSION}`);
  }

  #spendName(name: string, until: Micros): void {
    this.#db.prepare("INSERT OR REPLACE INTO spent_names (name, until) VALUES (?, ?)").run(name, until);
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}
